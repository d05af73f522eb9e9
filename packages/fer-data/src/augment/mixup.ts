import { checkDataset, checkOptions, checkRandom, type Dataset, type Random } from 'fer-core';
import { isMixed, startMixture, symmetricBeta } from './mixing.js';
import { checkNumber } from './range.js';

/** Options of {@link mixup}. */
export interface MixupOptions {
  /**
   * Both parameters of the beta distribution of the weights, 0.01..100. With a small α most images stay almost as they
   * are; with 1 all weights are equally likely.
   * @default 0.2
   */
  readonly alpha?: number | undefined;
  /**
   * Share of the images that are mixed, 0..1.
   * @default 1
   */
  readonly probability?: number | undefined;
}

/**
 * Mixup (Zhang, Cisse, Dauphin & Lopez-Paz, 2018, arXiv 1710.09412): image i becomes λ·image i + (1 − λ)·another image
 * of the batch, and its soft label the same mixture, with λ ~ Beta(α, α) drawn for each image. `labels` are those of the
 * larger part.
 *
 * Unlike an `Augmentation`, it changes labels too. It takes and returns a labelled batch: the option `batchTransform` of
 * a backbone's `fit`, which runs after the augmentation.
 *
 * @param batch - Is not changed.
 * @param random - Partners come from `random.split('partners')`, the weight of image i from `random.split(i)`.
 * @returns A batch with soft labels and without ids.
 * @throws FerError `INVALID_ARGUMENT` for an option outside its range; `INVALID_DATA` for a batch that breaks its
 *   contract.
 *
 * @example
 * ```ts
 * await backbone.fit(train, { batchTransform: (batch, random) => mixup(batch, random, { alpha: 0.4 }) });
 * ```
 */
export function mixup(batch: Dataset, random: Random, options: MixupOptions = {}): Dataset {
  checkOptions('mixup', options, ['alpha', 'probability']);
  const { alpha = 0.2, probability = 1 } = options;
  checkNumber('alpha', alpha, 0.01, 100);
  checkNumber('probability', probability, 0, 1);
  checkDataset(batch);
  checkRandom(random);
  const { images, n, height, width, channels } = batch;
  const size = height * width * channels;
  const mixture = startMixture(batch, random);
  const mixed = new Uint8ClampedArray(images.length);
  for (let i = 0; i < n; i++) {
    const own = isMixed(probability, i, random) ? symmetricBeta(alpha, random.split(i)) : 1;
    const other = 1 - own;
    const [at, from] = [i * size, mixture.partners[i] * size];
    for (let j = 0; j < size; j++) mixed[at + j] = own * images[at + j] + other * images[from + j];
    mixture.mixLabels(i, own);
  }
  return mixture.finish(new Uint8Array(mixed.buffer));
}
