import { checkRandom, type Images, type Random } from 'fer-core';
import { checkCorruption, withBytes } from './corruption.js';

/** The grey level of the occluding square. */
const GREY = 128;

/**
 * Simulates a hand or a mask: covers part of each image by a grey square (128), which lies inside the image at a
 * uniformly random position.
 *
 * @param side - The square's side as a fraction of the shorter side, 0..1, rounded to whole pixels.
 * @throws FerError `INVALID_ARGUMENT` if it is out of range, `INVALID_DATA` for images that break their contract.
 *
 * @example
 * ```ts
 * const covered = occlusion(faces, 0.35, new Random(seed)); // a square of 17×17 of 48×48 pixels
 * ```
 */
export function occlusion(images: Images, side: number, random: Random): Images {
  checkCorruption(images, 'side', side, 0, 1);
  checkRandom(random);
  const { n, height, width, channels, images: bytes } = images;
  const pixels = Math.round(side * Math.min(height, width));
  const out = bytes.slice();
  for (let i = 0; i < n; i++) {
    const left = random.int(width - pixels + 1);
    const top = random.int(height - pixels + 1);
    for (let y = top; y < top + pixels; y++) {
      const start = ((i * height + y) * width + left) * channels;
      out.fill(GREY, start, start + pixels * channels);
    }
  }
  return withBytes(images, out);
}
