import {
  checkDataset,
  checkImages,
  type Dataset,
  FerError,
  type Images,
  type Labels,
  type Random,
  selectRows,
} from 'fer-core';
import type { Settings } from './settings.js';

/**
 * Returns some rows of a data set, with the augmentation and transform of the settings applied.
 *
 * @throws FerError `INVALID_DATA` or `INVALID_ARGUMENT` if one of the two functions returns another number of images,
 *   or no images.
 */
export function makeBatch(
  data: Dataset,
  rows: ArrayLike<number>,
  { augmentation, batchTransform }: Pick<Settings, 'augmentation' | 'batchTransform'>,
  { augment, transform }: { readonly augment: Random; readonly transform: Random },
): Dataset {
  const { ids, ...batch } = selectRows(data, rows);
  const augmented = augmentation ? { ...batch, ...augmentedImages(augmentation(batch, augment), batch) } : batch;
  if (!batchTransform) return augmented;
  const transformed = batchTransform(augmented, transform);
  if (transformed?.n !== rows.length || transformed.classes?.length !== data.classes.length) {
    throw new FerError('INVALID_ARGUMENT', 'batchTransform must keep the number of images and the classes.');
  }
  checkDataset(transformed);
  return transformed;
}

function augmentedImages(images: Images, { n }: Images): Images {
  checkImages(images);
  if (images.n === n) return images;
  throw new FerError('INVALID_ARGUMENT', `augmentation made ${images.n} images of ${n}: it must keep their number.`);
}

/** The labels of some rows of a data set, without their images. */
export function takeLabels({ labels, soft, classes }: Labels, rows: Uint32Array): Labels {
  const k = classes.length;
  const ownLabels = Uint8Array.from(rows, (row) => labels[row]);
  if (!soft) return { labels: ownLabels, classes };
  const ownSoft = new Float32Array(rows.length * k);
  for (const [i, row] of rows.entries()) ownSoft.set(soft.subarray(row * k, (row + 1) * k), i * k);
  return { labels: ownLabels, classes, soft: ownSoft };
}

/** Returns the targets of a batch: n × k, each row a distribution over the classes. */
export function makeTargets({ labels, soft, classes }: Labels, smoothing: number): Float32Array {
  const n = labels.length;
  const k = classes.length;
  const targets = new Float32Array(n * k);
  if (soft) targets.set(soft);
  else for (let i = 0; i < n; i++) targets[i * k + labels[i]] = 1;
  return smoothing === 0 ? targets : targets.map((p) => p * (1 - smoothing) + smoothing / k);
}
