import { type Augmentation, checkImages, checkOptions, checkRandom } from 'fer-core';
import { checkNumber } from './range.js';

/** Options of {@link randomFlip}. */
export interface RandomFlipOptions {
  /** Share of the images that are mirrored, 0..1. @default 0.5 */
  readonly probability?: number | undefined;
}

/**
 * An augmentation that mirrors images left to right, each with a given probability. A mirrored face shows the same
 * expression.
 *
 * @throws FerError `INVALID_ARGUMENT` for a probability outside 0..1. The augmentation throws `INVALID_DATA` for images
 *   that break their contract.
 *
 * @example
 * ```ts
 * await backbone.fit(train, { augmentation: compose(randomFlip(), augment({ rotation: 10 })) });
 * ```
 */
export function randomFlip(options: RandomFlipOptions = {}): Augmentation {
  checkOptions('randomFlip', options, ['probability']);
  const { probability = 0.5 } = options;
  checkNumber('probability', probability, 0, 1);
  return (batch, random) => {
    checkImages(batch);
    checkRandom(random);
    const { images, n, height, width, channels } = batch;
    const flipped = images.slice();
    const line = width * channels;
    for (let i = 0; i < n; i++) {
      if (random.uniform() >= probability) continue;
      for (let row = i * height; row < (i + 1) * height; row++) {
        for (let x = 0; x < width; x++) {
          const from = row * line + (width - 1 - x) * channels;
          for (let c = 0; c < channels; c++) flipped[row * line + x * channels + c] = images[from + c];
        }
      }
    }
    return { images: flipped, n, height, width, channels };
  };
}
