import type { Images } from 'fer-core';
import { checkCorruption, clampIndex, toByte, withBytes } from './corruption.js';

/**
 * Simulates defocus by a Gaussian blur: each pixel becomes the mean of its neighbourhood weighted by exp(−(x² + y²) /
 * 2σ²), truncated at 4σ. Beyond the edge, edge pixels are repeated.
 *
 * @param sigma - σ as a fraction of the shorter side, 0..1: 0.025 is 1.2 pixels of 48.
 * @throws FerError `INVALID_ARGUMENT` if it is out of range, `INVALID_DATA` for images that break their contract.
 *
 * @example
 * ```ts
 * const blurred = gaussianBlur(faces, 0.025); // by 1.2 of 48 pixels
 * const predicted = await classifier.predict(blurred);
 * ```
 */
export function gaussianBlur(images: Images, sigma: number): Images {
  checkCorruption(images, 'sigma', sigma, 0, 1);
  const { n, height, width, channels, images: bytes } = images;
  const kernel = gaussianKernel(sigma * Math.min(height, width));
  const radius = (kernel.length - 1) / 2;
  const line = width * channels;
  const size = height * line;
  const out = new Uint8Array(bytes.length);
  const across = new Float64Array(size);
  for (let i = 0; i < n; i++) {
    const start = i * size;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let k = -radius; k <= radius; k++) {
            sum += kernel[k + radius] * bytes[start + y * line + clampIndex(x + k, width) * channels + c];
          }
          across[y * line + x * channels + c] = sum;
        }
      }
    }
    for (let y = 0; y < height; y++) {
      for (let at = 0; at < line; at++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++)
          sum += kernel[k + radius] * across[clampIndex(y + k, height) * line + at];
        out[start + y * line + at] = toByte(sum);
      }
    }
  }
  return withBytes(images, out);
}

function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    i === radius ? 1 : Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((weight) => weight / total);
}
