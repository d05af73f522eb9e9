import { FerError, type Images } from 'fer-core';

/** The size and colours of images that a network takes. */
interface Form {
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
}

/**
 * Converts images of any size, grey or RGB, to another size or colour, as floats 0..255. Resizing is bilinear with
 * half-pixel centres. When shrinking, the triangle filter is as wide as a new pixel (antialiasing).
 *
 * @throws FerError `INVALID_DATA` for images that are neither grey nor RGB.
 */
export function adaptImages(images: Images, form: Form): Float32Array {
  const { n, height, width, channels } = images;
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_DATA', `images have ${channels} channels: give grey or RGB ones.`);
  }
  const coloured = channels === form.channels ? Float32Array.from(images.images) : recolour(images.images, channels);
  const rows = taps(height, form.height);
  const columns = taps(width, form.width);
  const c = form.channels;
  // Height first: [n, height, width · c] to [n, form.height, width · c]; then width.
  const tall = resample(coloured, n, height, width * c, rows);
  return resample(tall, n * form.height, width, c, columns);
}

/** Converts grey to RGB, or RGB to grey. */
function recolour(bytes: Uint8Array, from: 1 | 3): Float32Array {
  if (from === 1) return Float32Array.from({ length: bytes.length * 3 }, (_, i) => bytes[Math.floor(i / 3)]);
  return Float32Array.from({ length: bytes.length / 3 }, (_, i) => {
    return 0.299 * bytes[3 * i] + 0.587 * bytes[3 * i + 1] + 0.114 * bytes[3 * i + 2];
  });
}

/** The input pixels that an output pixel is interpolated from. */
interface Tap {
  readonly first: number;
  /** Weights of the pixels from `first` on; they sum to 1. */
  readonly weights: readonly number[];
}

function taps(from: number, to: number): readonly Tap[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(from, Math.floor(centre + reach + 0.5));
    const raw = Array.from({ length: end - first }, (_, k) => {
      return Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach);
    });
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

/** Resamples the middle axis of [outer, size, inner]. */
function resample(
  values: Float32Array,
  outer: number,
  size: number,
  inner: number,
  along: readonly Tap[],
): Float32Array {
  const out = new Float32Array(outer * along.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [i, { first, weights }] of along.entries()) {
      const at = (o * along.length + i) * inner;
      for (const [k, weight] of weights.entries()) {
        const start = (o * size + first + k) * inner;
        for (let j = 0; j < inner; j++) out[at + j] += weight * values[start + j];
      }
    }
  }
  return out;
}
