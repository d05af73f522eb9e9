import type { Photo } from './photo.js';

/** The inputs of each output pixel along one axis: `weights[i × count + j]` applies to the input at `starts[i] + j`. */
interface Taps {
  readonly count: number;
  readonly starts: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Resizes a photo. Shrinking averages over the area that an output pixel covers; enlarging interpolates linearly. Pixel
 * centres are at ½.
 *
 * @returns The same object if the size doesn't change.
 */
export function resample(photo: Photo, width: number, height: number): Photo {
  if (photo.width === width && photo.height === height) return photo;
  // Frames of cameras are mostly shrunk by 2 or 4.
  const isMultiple = photo.width % (2 * width) === 0 && photo.height % (2 * height) === 0;
  if (isMultiple && photo.width * height === photo.height * width) return resample(halve(photo), width, height);
  const across = taps(photo.width, width);
  const down = taps(photo.height, height);
  const pixels = new Uint8Array(3 * width * height);
  // Columns first: when shrinking, the slower pass along the rows then has fewer rows to process.
  const row = new Float32Array(3 * photo.width);
  for (let y = 0; y < height; y++) {
    blendRows(photo, down, y, row);
    resampleRow(row, across, pixels, 3 * y * width);
  }
  return { pixels, width, height };
}

/** Returns the mean of each 2 × 2 pixels. */
function halve(photo: Photo): Photo {
  const { pixels: from, width } = photo;
  const half = { width: width / 2, height: photo.height / 2 };
  const pixels = new Uint8Array(3 * half.width * half.height);
  let to = 0;
  for (let upper = 0; to < pixels.length; upper += 3 * width) {
    let lower = upper + 3 * width;
    for (const end = lower; upper < end; upper += 6, lower += 6, to += 3) {
      pixels[to] = (from[upper] + from[upper + 3] + from[lower] + from[lower + 3] + 2) >> 2;
      pixels[to + 1] = (from[upper + 1] + from[upper + 4] + from[lower + 1] + from[lower + 4] + 2) >> 2;
      pixels[to + 2] = (from[upper + 2] + from[upper + 5] + from[lower + 2] + from[lower + 5] + 2) >> 2;
    }
  }
  return { pixels, ...half };
}

/** Returns the weighted sum of the photo's rows that output row y is computed from. */
function blendRows({ pixels, width }: Photo, { count, starts, weights }: Taps, y: number, row: Float32Array): void {
  row.fill(0);
  for (let j = 0; j < count; j++) {
    const weight = weights[y * count + j];
    if (weight === 0) continue;
    const from = 3 * (starts[y] + j) * width;
    for (let i = 0; i < row.length; i++) row[i] += weight * pixels[from + i];
  }
}

function resampleRow(row: Float32Array, { count, starts, weights }: Taps, pixels: Uint8Array, to: number): void {
  for (let x = 0; x < starts.length; x++) {
    let [red, green, blue] = [0.5, 0.5, 0.5];
    let at = 3 * starts[x];
    for (let j = x * count; j < (x + 1) * count; j++, at += 3) {
      const weight = weights[j];
      red += weight * row[at];
      green += weight * row[at + 1];
      blue += weight * row[at + 2];
    }
    pixels[to + 3 * x] = red;
    pixels[to + 3 * x + 1] = green;
    pixels[to + 3 * x + 2] = blue;
  }
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
      // The overlap of this input pixel with the output pixel, or with an input-sized pixel around its centre if that
      // is larger.
      const shared = Math.min(start + j + 1, centre + half) - Math.max(start + j, centre - half);
      weights[i * count + j] = Math.max(0, shared);
      sum += Math.max(0, shared);
    }
    for (let j = 0; j < count; j++) weights[i * count + j] /= sum;
  }
  return { count, starts, weights };
}
