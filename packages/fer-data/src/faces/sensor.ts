import type { Random } from 'fer-core';
import type { Canvas } from './canvas.js';

/**
 * Simulates the camera: blurs the picture, adds noise, and rounds to bytes.
 *
 * @param canvas - Is blurred in place.
 * @param out - size² bytes to fill.
 */
export function capture(canvas: Canvas, amount: number, out: Uint8Array, random: Random): void {
  const { size, data } = canvas;
  const sigma = (size / 48) * (0.35 + amount * random.between(0, 0.45));
  blur(data, size, sigma);
  const noise = amount * random.between(1, 5);
  for (let i = 0; i < out.length; i++) {
    // The sum of four random bytes is nearly normal, with mean 510 and standard deviation 147.8.
    const bits = random.uint32();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    const value = 255 * data[i] + (noise * (sum - 510)) / 147.8;
    out[i] = value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
  }
}

/** Gaussian blur, along rows and then along columns. The border's pixels are continued beyond it. */
function blur(data: Float32Array, size: number, sigma: number): void {
  const radius = Math.ceil(2.5 * sigma);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const sum = kernel.reduce((a, b) => a + b, 0);
  const line = new Float64Array(size + 2 * radius);
  for (const [along, across] of [
    [1, size],
    [size, 1],
  ]) {
    for (let j = 0; j < size; j++) {
      const start = j * across;
      for (let i = 0; i < line.length; i++) {
        line[i] = data[start + along * Math.min(size - 1, Math.max(0, i - radius))];
      }
      for (let i = 0; i < size; i++) {
        let value = 0;
        for (let k = 0; k < kernel.length; k++) value += kernel[k] * line[i + k];
        data[start + along * i] = value / sum;
      }
    }
  }
}
