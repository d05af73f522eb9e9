import type { Photo } from './photo.js';

/** What each output pixel takes from a line of inputs: `weights[i × count + j]` of the input at `starts[i] + j`. */
interface Taps {
  readonly count: number;
  readonly starts: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Resizes a photo. Shrinking averages over the area that an output pixel covers; enlarging interpolates linearly. Pixel
 * centres are at ½.
 *
 * @returns The same object where the size is the same.
 */
export function resample(photo: Photo, width: number, height: number): Photo {
  if (photo.width === width && photo.height === height) return photo;
  const across = taps(photo.width, width);
  const down = taps(photo.height, height);
  const line = 3 * width;
  const result = new Uint8ClampedArray(height * line);
  // Only the input rows that the current output row needs are kept, resized.
  const rows = new Map<number, Float32Array>();
  const sums = new Float32Array(line);
  for (let y = 0; y < height; y++) {
    const start = down.starts[y];
    for (const row of rows.keys()) if (row < start) rows.delete(row);
    sums.fill(0);
    for (let j = 0; j < down.count; j++) {
      const weight = down.weights[y * down.count + j];
      if (weight === 0) continue;
      let row = rows.get(start + j);
      if (!row) {
        row = resampleRow(photo, start + j, across, width);
        rows.set(start + j, row);
      }
      for (let i = 0; i < line; i++) sums[i] += weight * row[i];
    }
    result.set(sums, y * line);
  }
  return { pixels: new Uint8Array(result.buffer), width, height };
}

function resampleRow({ pixels, width }: Photo, y: number, { count, starts, weights }: Taps, to: number): Float32Array {
  const row = new Float32Array(3 * to);
  for (let x = 0; x < to; x++) {
    let [red, green, blue] = [0, 0, 0];
    let at = 3 * (y * width + starts[x]);
    for (let j = x * count; j < (x + 1) * count; j++, at += 3) {
      const weight = weights[j];
      if (weight === 0) continue;
      red += weight * pixels[at];
      green += weight * pixels[at + 1];
      blue += weight * pixels[at + 2];
    }
    row[3 * x] = red;
    row[3 * x + 1] = green;
    row[3 * x + 2] = blue;
  }
  return row;
}

function taps(from: number, to: number): Taps {
  const scale = from / to;
  const count = Math.min(from, scale > 1 ? Math.ceil(scale) + 1 : 2);
  const starts = new Int32Array(to);
  const weights = new Float32Array(to * count);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const half = Math.max(scale, 1) / 2;
    const start = Math.min(Math.max(0, Math.floor(centre - half)), from - count);
    starts[i] = start;
    let sum = 0;
    for (let j = 0; j < count; j++) {
      // The length that the output pixel, or where it is smaller an input pixel around its centre, shares with this one.
      const shared = Math.min(start + j + 1, centre + half) - Math.max(start + j, centre - half);
      weights[i * count + j] = Math.max(0, shared);
      sum += Math.max(0, shared);
    }
    for (let j = 0; j < count; j++) weights[i * count + j] /= sum;
  }
  return { count, starts, weights };
}
