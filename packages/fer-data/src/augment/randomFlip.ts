import { type Augmentation, FerError } from 'fer-core';

/**
 * Mirrors images left to right, each with a given probability: the one augmentation that a frontal face never minds.
 *
 * @param options - `probability`: 0..1. @default 0.5
 * @throws FerError `INVALID_ARGUMENT` where the probability is outside 0..1.
 */
export function randomFlip({ probability = 0.5 }: { readonly probability?: number } = {}): Augmentation {
  if (!(probability >= 0 && probability <= 1)) {
    throw new FerError('INVALID_ARGUMENT', `probability is ${probability}: it must be from 0 to 1.`);
  }
  return ({ images, n, height, width, channels }, random) => {
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
