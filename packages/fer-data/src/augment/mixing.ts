import type { Dataset, Random } from 'fer-core';
import { softLabels } from '../sampling/softLabels.js';

/** A batch whose images are being mixed with one another. */
export interface Mixture {
  /** n: the image that each one is mixed with. */
  readonly partners: Uint32Array;
  /**
   * Mixes the labels of image i with those of its partner.
   *
   * @param own - Share of the image itself, 0..1.
   */
  mixLabels(i: number, own: number): void;
  /** The batch with mixed labels, and without ids. */
  finish(images: Uint8Array): Dataset;
}

/** Starts to mix a batch. Partners come from `random.split('partners')`. */
export function startMixture(batch: Dataset, random: Random): Mixture {
  const { n, height, width, channels, labels, classes } = batch;
  const k = classes.length;
  const partners = random.split('partners').permutation(n);
  const given = softLabels(batch);
  const mixed = new Uint8Array(n);
  const soft = new Float32Array(n * k);
  return {
    partners,
    mixLabels(i, own) {
      const partner = partners[i];
      const other = 1 - own;
      for (let j = 0; j < k; j++) soft[i * k + j] = own * given[i * k + j] + other * given[partner * k + j];
      mixed[i] = labels[own >= 0.5 ? i : partner];
    },
    finish: (images) => ({ images, n, height, width, channels, labels: mixed, classes, soft }),
  };
}

/** Whether image i of a batch is among the share of images that are mixed. */
export function isMixed(probability: number, i: number, random: Random): boolean {
  return random.split('mixed', i).uniform() < probability;
}

/** A draw from Beta(α, α), as X/(X + Y) of two gamma variates. On a logarithmic scale, since small α underflow. */
export function symmetricBeta(alpha: number, random: Random): number {
  const x = logGamma(alpha, random);
  const y = logGamma(alpha, random);
  return 1 / (1 + Math.exp(y - x));
}

/**
 * The logarithm of a draw from Gamma(α, 1) (Marsaglia & Tsang, "A simple method for generating gamma variables", 2000),
 * as Gamma(α + 1)·U^(1/α), which holds for every α.
 */
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
