import { checkRandom, type Images, type Random, warpAffine } from 'fer-core';
import { checkCorruption } from './corruption.js';

/**
 * Simulates a tilted head: rotates each image about its centre ((width − 1)/2, (height − 1)/2), randomly to the left or
 * to the right, with bilinear sampling. Beyond the edge, edge pixels are repeated.
 *
 * @param degrees - Angle of the rotation, 0..180.
 * @throws FerError `INVALID_ARGUMENT` if it is out of range, `INVALID_DATA` for images that break their contract.
 *
 * @example
 * ```ts
 * const tilted = rotation(faces, 15, new Random(seed)); // each by 15 degrees, to the left or to the right
 * ```
 */
export function rotation(images: Images, degrees: number, random: Random): Images {
  checkCorruption(images, 'degrees', degrees, 0, 180);
  checkRandom(random);
  const { height, width } = images;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  return warpAffine(images, () => {
    const angle = ((random.uniform() < 0.5 ? -1 : 1) * degrees * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy];
  });
}

/**
 * Simulates a face off-centre: moves each image in a random direction, uniform on the circle, with bilinear sampling.
 * Beyond the edge, edge pixels are repeated.
 *
 * @param distance - Fraction of the shorter side, 0..1.
 * @throws FerError `INVALID_ARGUMENT` if it is out of range, `INVALID_DATA` for images that break their contract.
 *
 * @example
 * ```ts
 * const moved = shift(faces, 0.1, new Random(seed)); // each by 4.8 of 48 pixels
 * ```
 */
export function shift(images: Images, distance: number, random: Random): Images {
  checkCorruption(images, 'distance', distance, 0, 1);
  checkRandom(random);
  const pixels = distance * Math.min(images.height, images.width);
  return warpAffine(images, () => {
    const angle = 2 * Math.PI * random.uniform();
    return [1, 0, -pixels * Math.cos(angle), 0, 1, -pixels * Math.sin(angle)];
  });
}
