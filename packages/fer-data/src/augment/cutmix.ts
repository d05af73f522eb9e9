import { checkDataset, checkOptions, checkRandom, type Dataset, type Random } from 'fer-core';
import { isMixed, startMixture, symmetricBeta } from './mixing.js';
import { checkNumber } from './range.js';

/** Options of {@link cutmix}. */
export interface CutmixOptions {
  /**
   * Both parameters of the beta distribution of the areas, 0.01..100. With 1 all areas are equally likely.
   * @default 1
   */
  readonly alpha?: number | undefined;
  /**
   * Share of the images that are mixed, 0..1.
   * @default 1
   */
  readonly probability?: number | undefined;
}

/**
 * CutMix (Yun, Han, Oh, Chun, Choe & Yoo, 2019, arXiv 1905.04899): a rectangle of image i is replaced by the same part of
 * another image of the batch, and its soft label is mixed by area. The rectangle has the share 1 − λ of the area, with
 * λ ~ Beta(α, α) drawn for each image, and the aspect ratio of the image. Its centre is drawn uniformly. What lies
 * outside the image is cut off, and the label follows the area that remains. `labels` are those of the larger part.
 *
 * Like {@link mixup}, it takes and returns a labelled batch.
 *
 * @param batch - Is not changed.
 * @param random - Partners come from `random.split('partners')`, the rectangle of image i from `random.split(i)`.
 * @returns A batch with soft labels and without ids.
 * @throws FerError `INVALID_ARGUMENT` for an option outside its range; `INVALID_DATA` for a batch that breaks its
 *   contract.
 *
 * @example
 * ```ts
 * const mix = (batch: Dataset, random: Random) =>
 *   random.split('which').uniform() < 0.5 ? mixup(batch, random) : cutmix(batch, random);
 * await backbone.fit(train, { batchTransform: mix });
 * ```
 */
export function cutmix(batch: Dataset, random: Random, options: CutmixOptions = {}): Dataset {
  checkOptions('cutmix', options, ['alpha', 'probability']);
  const { alpha = 1, probability = 1 } = options;
  checkNumber('alpha', alpha, 0.01, 100);
  checkNumber('probability', probability, 0, 1);
  checkDataset(batch);
  checkRandom(random);
  const { images, n, height, width, channels } = batch;
  const line = width * channels;
  const size = height * line;
  const mixture = startMixture(batch, random);
  const mixed = images.slice();
  for (let i = 0; i < n; i++) {
    if (!isMixed(probability, i, random)) {
      mixture.mixLabels(i, 1);
      continue;
    }
    const ofImage = random.split(i);
    const side = Math.sqrt(1 - symmetricBeta(alpha, ofImage));
    const [top, bottom] = interval(height, side, ofImage);
    const [left, right] = interval(width, side, ofImage);
    for (let row = top; row < bottom; row++) {
      const start = row * line + left * channels;
      const from = mixture.partners[i] * size + start;
      mixed.set(images.subarray(from, from + (right - left) * channels), i * size + start);
    }
    mixture.mixLabels(i, 1 - ((bottom - top) * (right - left)) / (height * width));
  }
  return mixture.finish(mixed);
}

/** A part of n pixels: `share` of them about a random centre, cut off at the ends. */
function interval(n: number, share: number, random: Random): [start: number, end: number] {
  const length = Math.round(n * share);
  const start = random.int(n) - (length >> 1);
  return [Math.max(0, start), Math.min(n, start + length)];
}
