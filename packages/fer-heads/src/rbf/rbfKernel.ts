import { describeValue, type FeatureMatrix, FerError } from 'fer-core';

/**
 * out[t] = x[rows[t]] · z for t from `from` to `to` − 1. A kernel method spends nearly all its time here.
 *
 * Four rows at a time: four multiply-adds take five array accesses, and each number of z is read once for four rows. z
 * is float64, so that only x needs converting in the loop.
 */
function dotRows(
  x: Float32Array,
  d: number,
  rows: Int32Array,
  [from, to]: readonly [from: number, to: number],
  z: Float64Array,
  out: Float32Array | Float64Array,
): void {
  let t = from;
  for (; t + 4 <= to; t += 4) {
    const p = rows[t] * d;
    const q = rows[t + 1] * d;
    const r = rows[t + 2] * d;
    const s = rows[t + 3] * d;
    let [a, b, c, e] = [0, 0, 0, 0];
    for (let j = 0; j < d; j++) {
      const v = z[j];
      a += x[p + j] * v;
      b += x[q + j] * v;
      c += x[r + j] * v;
      e += x[s + j] * v;
    }
    out[t] = a;
    out[t + 1] = b;
    out[t + 2] = c;
    out[t + 3] = e;
  }
  for (; t < to; t++) {
    const p = rows[t] * d;
    let a = 0;
    for (let j = 0; j < d; j++) a += x[p + j] * z[j];
    out[t] = a;
  }
}

/** The numbers of a vector that are not zero, in order, and their positions. */
interface Filled {
  readonly count: number;
  readonly at: Int32Array;
  readonly values: Float64Array;
}

/** As {@link dotRows}, without what is zero in z, which adds nothing to the sums. */
function dotFilled(
  x: Float32Array,
  d: number,
  rows: Int32Array,
  [from, to]: readonly [from: number, to: number],
  { count, at, values }: Filled,
  out: Float32Array | Float64Array,
): void {
  let t = from;
  for (; t + 4 <= to; t += 4) {
    const p = rows[t] * d;
    const q = rows[t + 1] * d;
    const r = rows[t + 2] * d;
    const s = rows[t + 3] * d;
    let [a, b, c, e] = [0, 0, 0, 0];
    for (let m = 0; m < count; m++) {
      const j = at[m];
      const v = values[m];
      a += x[p + j] * v;
      b += x[q + j] * v;
      c += x[r + j] * v;
      e += x[s + j] * v;
    }
    out[t] = a;
    out[t + 1] = b;
    out[t + 2] = c;
    out[t + 3] = e;
  }
  for (; t < to; t++) {
    const p = rows[t] * d;
    let a = 0;
    for (let m = 0; m < count; m++) a += x[p + at[m]] * values[m];
    out[t] = a;
  }
}

/** The fraction of a vector that is not zero, up to which {@link dotFilled} is faster: its loop takes 1.4 of the time. */
const SPARSE = 0.6;

/** The kernel exp(−γ‖x − z‖²) over the rows of a matrix. Features are float32, everything else is float64. */
export interface RbfKernel {
  readonly x: FeatureMatrix;
  /**
   * out[t] = K(x[rows[t]], z) for t from `from` to `to` − 1.
   *
   * @param z - One row, with as many features as x.
   */
  against(
    z: Float64Array,
    rows: Int32Array,
    range: readonly [from: number, to: number],
    out: Float32Array | Float64Array,
  ): void;
}

/**
 * Computes ‖x − z‖² as ‖x‖² + ‖z‖² − 2 x·z. All three products sum in the same order, so equal rows have a distance of
 * exactly 0.
 *
 * @param gamma - Must be above 0.
 */
export function rbfKernel(x: FeatureMatrix, gamma: number): RbfKernel {
  const { data, rows: n, columns: d } = x;
  const squares = new Float64Array(n);
  for (let i = 0; i < n; i++) squares[i] = squareOf(data.subarray(i * d, (i + 1) * d));
  const dots = new Float64Array(n);
  const at = new Int32Array(d);
  const values = new Float64Array(d);
  return {
    x,
    against(z, rows, range, out) {
      const square = squareOf(z);
      const count = fillIn(z, at, values);
      if (count <= SPARSE * d) dotFilled(data, d, rows, range, { count, at, values }, dots);
      else dotRows(data, d, rows, range, z, dots);
      for (let t = range[0]; t < range[1]; t++) {
        out[t] = Math.exp(-gamma * Math.max(0, squares[rows[t]] + square - 2 * dots[t]));
      }
    },
  };
}

/** Writes what is not zero in z, and where, and returns how much that is. */
function fillIn(z: Float64Array, at: Int32Array, values: Float64Array): number {
  let count = 0;
  for (let j = 0; j < z.length; j++) {
    if (z[j] === 0) continue;
    at[count] = j;
    values[count++] = z[j];
  }
  return count;
}

function squareOf(z: Float32Array | Float64Array): number {
  let sum = 0;
  for (let j = 0; j < z.length; j++) sum += z[j] * z[j];
  return sum;
}

/** The coefficient γ of the RBF kernel, or the rule that computes it. */
export type Gamma = number | 'scale' | 'auto';

/** @throws FerError `INVALID_ARGUMENT` if `gamma` is neither a positive number nor a known rule. */
export function checkGamma(gamma: Gamma): void {
  if (gamma === 'scale' || gamma === 'auto') return;
  if (typeof gamma === 'number' && gamma > 0 && Number.isFinite(gamma)) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `gamma is ${describeValue(gamma)}: it must be a finite number above 0, 'scale' or 'auto'.`,
  );
}

/**
 * scikit-learn's rules: `'auto'` is 1 / d; `'scale'` is 1 / (d · variance of all features), or 1 if all features are
 * equal.
 */
export function resolveGamma(gamma: Gamma, { data, columns: d }: FeatureMatrix): number {
  if (gamma === 'auto') return 1 / d;
  if (gamma !== 'scale') return gamma;
  // Sums of differences from the first number: exactly 0 if all numbers are equal.
  let [sum, squares] = [0, 0];
  for (let i = 0; i < data.length; i++) sum += data[i] - data[0];
  const mean = sum / data.length;
  for (let i = 0; i < data.length; i++) squares += (data[i] - data[0] - mean) ** 2;
  const variance = squares / data.length;
  return variance > 0 ? 1 / (d * variance) : 1;
}
