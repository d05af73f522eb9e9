/** For each coefficient in zigzag order, its index in the block, row by row. */
// biome-ignore format: rows of the block's diagonals
export const NATURAL_ORDER = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48,
  41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
  30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
);

/** Sums of cosines and sines of the fast transform, times 2¹³. Their names, from libjpeg, contain their values. */
const F_0_298 = 2446;
const F_0_390 = 3196;
const F_0_541 = 4433;
const F_0_765 = 6270;
const F_0_899 = 7373;
const F_1_175 = 9633;
const F_1_501 = 12299;
const F_1_847 = 15137;
const F_1_961 = 16069;
const F_2_053 = 16819;
const F_2_562 = 20995;
const F_3_072 = 25172;

const rows = new Int32Array(64);
const line = new Int32Array(8);

/**
 * The inverse cosine transform of a block of 8×8, equal to libjpeg's accurate integer method to the bit (`jidctint.c`,
 * after Loeffler, Ligtenberg & Moschytz, 1989): columns first, with two fractional bits, then rows.
 *
 * @param block - 64 coefficients, multiplied by their quantization factors, row by row. Their absolute values must sum to
 *   at most {@link LARGEST_BLOCK}: beyond that, the implementations within libjpeg differ.
 * @param target - Receives 8 lines of 8 grey levels, `stride` apart, from `offset` on.
 */
export function inverseDct(block: Int32Array, target: Uint8ClampedArray, offset: number, stride: number): void {
  for (let x = 0; x < 8; x++) {
    transform(block, x, 8, 11);
    for (let y = 0; y < 8; y++) rows[8 * y + x] = line[y];
  }
  for (let y = 0; y < 8; y++) {
    transform(rows, 8 * y, 1, 18);
    for (let x = 0; x < 8; x++) target[offset + y * stride + x] = line[x] + 128;
  }
}

/**
 * Largest sum of the absolute values of a block's coefficients. All intermediate values then fit into the 16 bits of
 * libjpeg's vector code: 2²·√2·cos(π/16)·5,800 < 2¹⁵.
 */
export const LARGEST_BLOCK = 5800;

/** One line: 8 values from `start` on, `step` apart, into `line`, divided by 2^shift and rounded. */
function transform(values: Int32Array, start: number, step: number, shift: number): void {
  const half = 1 << (shift - 1);
  const v0 = values[start];
  const v1 = values[start + step];
  const v2 = values[start + 2 * step];
  const v3 = values[start + 3 * step];
  const v4 = values[start + 4 * step];
  const v5 = values[start + 5 * step];
  const v6 = values[start + 6 * step];
  const v7 = values[start + 7 * step];

  const even = Math.imul(v2 + v6, F_0_541);
  const e2 = even - Math.imul(v6, F_1_847);
  const e3 = even + Math.imul(v2, F_0_765);
  const e0 = (v0 + v4) << 13;
  const e1 = (v0 - v4) << 13;
  const a0 = e0 + e3 + half;
  const a3 = e0 - e3 + half;
  const a1 = e1 + e2 + half;
  const a2 = e1 - e2 + half;

  const odd = Math.imul(v7 + v3 + v5 + v1, F_1_175);
  const z1 = -Math.imul(v7 + v1, F_0_899);
  const z2 = -Math.imul(v5 + v3, F_2_562);
  const z3 = odd - Math.imul(v7 + v3, F_1_961);
  const z4 = odd - Math.imul(v5 + v1, F_0_390);
  const b0 = Math.imul(v7, F_0_298) + z1 + z3;
  const b1 = Math.imul(v5, F_2_053) + z2 + z4;
  const b2 = Math.imul(v3, F_3_072) + z2 + z3;
  const b3 = Math.imul(v1, F_1_501) + z1 + z4;

  line[0] = (a0 + b3) >> shift;
  line[7] = (a0 - b3) >> shift;
  line[1] = (a1 + b2) >> shift;
  line[6] = (a1 - b2) >> shift;
  line[2] = (a2 + b1) >> shift;
  line[5] = (a2 - b1) >> shift;
  line[3] = (a3 + b0) >> shift;
  line[4] = (a3 - b0) >> shift;
}
