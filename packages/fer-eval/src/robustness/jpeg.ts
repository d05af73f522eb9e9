import { FerError, type Images } from 'fer-core';
import { checkWhole } from '../arguments/numbers.js';
import { checkCorruption, clampIndex, toByte, withBytes } from './corruption.js';

/** Quantisation of brightness: ITU-T T.81, table K.1, row by row. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];
/** Quantisation of colour: table K.2. */
const CHROMINANCE = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99,
];

/**
 * BASIS[u × 8 + x] = C(u)/2 cos((2x + 1) u π / 16): the orthonormal cosine transform of 8 numbers (T.81, A.3.3). Marked
 * as pure, like the buffers below, so that bundles without JPEG leave it out.
 */
const BASIS = /* @__PURE__ */ Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

/**
 * Applies the loss of JPEG compression to images: coefficients of 8×8 cosine blocks are rounded to multiples of the
 * standard tables, scaled by quality as in libjpeg. The lossless entropy coding is omitted, so this works in any
 * environment. RGB is converted to YCbCr with full colour resolution (4:4:4).
 *
 * @param quality - A whole number from 1 (worst) to 100.
 * @throws FerError `INVALID_DATA` if there are not 1 or 3 channels, `INVALID_ARGUMENT` for another quality.
 *
 * @example
 * ```ts
 * const worse = jpegLoss(faces, 10);
 * const predicted = await classifier.predict(worse);
 * ```
 */
export function jpegLoss(images: Images, quality: number): Images {
  checkCorruption(images, 'quality', quality, 1, 100);
  checkWhole('quality', quality, 1);
  const { n, height, width, channels, images: bytes } = images;
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_DATA', `images have ${channels} channels: JPEG knows 1 (grey) or 3 (RGB).`);
  }
  const tables = [LUMINANCE, CHROMINANCE].map((table) => scaleTable(table, quality));
  const size = height * width;
  const planes = Array.from({ length: channels }, () => new Float64Array(size));
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < n; i++) {
    const start = i * size * channels;
    for (let p = 0; p < size; p++) {
      if (channels === 1) planes[0][p] = bytes[start + p];
      else split(planes, p, bytes, start + 3 * p);
    }
    for (const [c, plane] of planes.entries()) quantizePlane(plane, height, width, tables[c === 0 ? 0 : 1]);
    for (let p = 0; p < size; p++) {
      if (channels === 1) out[start + p] = planes[0][p];
      else join(out, start + 3 * p, planes, p);
    }
  }
  return withBytes(images, out);
}

/** As libjpeg's `jpeg_set_quality`, in integer arithmetic. */
function scaleTable(table: readonly number[], quality: number): number[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return table.map((step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))));
}

const block = /* @__PURE__ */ new Float64Array(64);
const half = /* @__PURE__ */ new Float64Array(64);

/** Quantises a plane of bytes block by block. A block that extends past the edge repeats the edge. */
function quantizePlane(plane: Float64Array, height: number, width: number, table: readonly number[]): void {
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let i = 0; i < 64; i++) {
        block[i] = plane[clampIndex(top + (i >> 3), height) * width + clampIndex(left + (i & 7), width)] - 128;
      }
      transform(half, block, true);
      transform(block, half, true);
      for (let i = 0; i < 64; i++) block[i] = roundAway(block[i] / table[i]) * table[i];
      transform(half, block, false);
      transform(block, half, false);
      for (let i = 0; i < 64; i++) {
        const [y, x] = [top + (i >> 3), left + (i & 7)];
        if (y < height && x < width) plane[y * width + x] = toByte(block[i] + 128);
      }
    }
  }
}

/**
 * Transforms each row, or inverts that, and transposes the result. Applied twice, it is the two-dimensional transform.
 */
function transform(out: Float64Array, input: Float64Array, forward: boolean): void {
  for (let row = 0; row < 8; row++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += input[row * 8 + x] * BASIS[forward ? u * 8 + x : x * 8 + u];
      out[u * 8 + row] = sum;
    }
  }
}

/** Rounds to the nearest whole number, halves away from 0. */
function roundAway(value: number): number {
  return value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5);
}

/** Converts one pixel from RGB to YCbCr (JFIF 1.02), in bytes. */
function split(planes: readonly Float64Array[], to: number, rgb: Uint8Array, from: number): void {
  const [r, g, b] = [rgb[from], rgb[from + 1], rgb[from + 2]];
  planes[0][to] = toByte(0.299 * r + 0.587 * g + 0.114 * b);
  planes[1][to] = toByte(128 - 0.168736 * r - 0.331264 * g + 0.5 * b);
  planes[2][to] = toByte(128 + 0.5 * r - 0.418688 * g - 0.081312 * b);
}

/** Converts one pixel back to RGB. */
function join(rgb: Uint8Array, to: number, planes: readonly Float64Array[], from: number): void {
  const [y, blue, red] = [planes[0][from], planes[1][from] - 128, planes[2][from] - 128];
  rgb[to] = toByte(y + 1.402 * red);
  rgb[to + 1] = toByte(y - 0.344136 * blue - 0.714136 * red);
  rgb[to + 2] = toByte(y + 1.772 * blue);
}
