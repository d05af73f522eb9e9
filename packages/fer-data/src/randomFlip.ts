import type { Augmentation } from 'fer-core';
import { augment } from './augment.js';

/**
 * Mirrors images left to right, each with a given probability: the one augmentation that a frontal face never minds.
 * `augment({ horizontalFlip: probability })` by a shorter name.
 *
 * @param options - `probability`: 0..1. @default 0.5
 * @throws FerError `INVALID_ARGUMENT` where the probability is outside 0..1.
 */
export function randomFlip({ probability = 0.5 }: { readonly probability?: number } = {}): Augmentation {
  return augment({ horizontalFlip: probability });
}
