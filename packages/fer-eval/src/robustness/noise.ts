import { checkRandom, type Images, type Random } from 'fer-core';
import { checkCorruption, toByte, withBytes } from './corruption.js';

/**
 * Simulates sensor noise, which is additive and Gaussian: v + 255 σ z, with z standard normal for each byte.
 *
 * @param sigma - Standard deviation as a fraction of white, 0..1.
 * @throws FerError `INVALID_ARGUMENT` if it is out of range, `INVALID_DATA` for images that break their contract.
 *
 * @example
 * ```ts
 * const noisy = gaussianNoise(faces, 0.1, new Random(seed)); // a standard deviation of 25.5 of 255
 * ```
 */
export function gaussianNoise(images: Images, sigma: number, random: Random): Images {
  checkCorruption(images, 'sigma', sigma, 0, 1);
  checkRandom(random);
  return withBytes(
    images,
    images.images.map((value) => toByte(value + 255 * sigma * random.normal())),
  );
}

/** Photons that a white pixel collects in full light, for a small sensor. */
const WHITE_PHOTONS = 1000;

/**
 * Simulates low light: g v + √(g v · 255 / 1,000) z, with z standard normal for each byte. The remaining light g v has
 * the shot noise of its photons, of which a white pixel collects 1,000 in full light (normal approximation of Poisson).
 *
 * @param light - g, the remaining fraction of the light, 0..1.
 * @throws FerError `INVALID_ARGUMENT` if it is out of range, `INVALID_DATA` for images that break their contract.
 *
 * @example
 * ```ts
 * const dark = lowLight(faces, 0.25, new Random(seed)); // a quarter of the light
 * ```
 */
export function lowLight(images: Images, light: number, random: Random): Images {
  checkCorruption(images, 'light', light, 0, 1);
  checkRandom(random);
  return withBytes(
    images,
    images.images.map((value) => {
      const mean = light * value;
      return toByte(mean + Math.sqrt((mean * 255) / WHITE_PHOTONS) * random.normal());
    }),
  );
}
