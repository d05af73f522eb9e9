import { checkDataset, type Dataset, type Random } from 'fer-core';
import { softLabels } from '../sampling/softLabels.js';
import { checkNumber } from './range.js';

/** Options of {@link mixup}. */
export interface MixupOptions {
  /**
   * Both parameters of the beta distribution that the weights come from, 0.01..100. Small: most images stay almost as
   * they are; 1: every weight is as likely.
   * @default 0.2
   */
  readonly alpha?: number;
}

/**
 * Mixup (Zhang, Cisse, Dauphin & Lopez-Paz, 2018, arXiv 1710.09412): image i becomes λ·image i + (1 − λ)·another of
 * the batch, and its soft label the same mixture, with λ ~ Beta(α, α) drawn for each image. `labels` are those of the
 * larger part.
 *
 * Unlike an `Augmentation` it changes labels too, and so takes and returns a data set: the batch. It comes after the
 * augmentation.
 *
 * @param batch - Is not changed.
 * @param random - Partners come from `random.split('partners')`, the weight of image i from `random.split(i)`.
 * @returns A batch with `soft` labels and no `ids`.
 * @throws FerError `INVALID_ARGUMENT` where alpha is outside its range, `INVALID_DATA` where the batch is no data set.
 */
export function mixup(batch: Dataset, random: Random, { alpha = 0.2 }: MixupOptions = {}): Dataset {
  checkNumber('alpha', alpha, 0.01, 100);
  const { images, n, height, width, channels, labels, classes } = checkDataset(batch);
  const k = classes.length;
  const size = height * width * channels;
  const partners = random.split('partners').permutation(n);
  const given = softLabels(batch);
  const mixed = new Uint8ClampedArray(images.length);
  const mixedLabels = new Uint8Array(n);
  const soft = new Float32Array(n * k);
  for (let i = 0; i < n; i++) {
    const partner = partners[i];
    const own = symmetricBeta(alpha, random.split(i));
    const other = 1 - own;
    for (let j = 0; j < size; j++)
      mixed[i * size + j] = own * images[i * size + j] + other * images[partner * size + j];
    for (let j = 0; j < k; j++) soft[i * k + j] = own * given[i * k + j] + other * given[partner * k + j];
    mixedLabels[i] = labels[own >= 0.5 ? i : partner];
  }
  return { images: new Uint8Array(mixed.buffer), n, height, width, channels, labels: mixedLabels, classes, soft };
}

/** Beta(α, α) as X/(X + Y) of two gamma variates, on a logarithmic scale: for small α they underflow. */
function symmetricBeta(alpha: number, random: Random): number {
  const x = logGamma(alpha, random);
  const y = logGamma(alpha, random);
  return 1 / (1 + Math.exp(y - x));
}

/** The logarithm of a Gamma(α, 1) variate (Marsaglia & Tsang, 2000; as Gamma(α + 1)·U^(1/α), which holds for any α). */
function logGamma(alpha: number, random: Random): number {
  const d = alpha + 1 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    const u = 1 - random.uniform();
    if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return Math.log(d * v) + Math.log(1 - random.uniform()) / alpha;
    }
  }
}
