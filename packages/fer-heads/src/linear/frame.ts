import type { FeatureMatrix } from 'fer-core';
import type { Rows } from '../rows/rows.js';

/** What the solver subtracts from each column and then divides it by. */
export interface Frame {
  /** d numbers. */
  readonly mean: Float64Array;
  /** d numbers above 0: 1 each, unless the head standardises. */
  readonly scale: Float64Array;
  /** Whether the head learns on the standardised columns (StandardScaler). If not, only the solver uses this frame. */
  readonly standardised: boolean;
  /** An upper bound of the norm of a row of (x − mean) / scale. */
  readonly radius: number;
  /** d numbers: approximately the root mean square of x / scale. Rounding errors of a column are proportional to it. */
  readonly size: Float64Array;
}

/** How many numbers are read between two pauses. */
const BLOCK = 1 << 18;
/** How many rows are sampled for a centre. */
const SAMPLE = 1024;

/**
 * Returns the approximate mean of each column, from evenly spaced rows. The solver subtracts it, so that float32 can
 * resolve the differences in columns whose mean is large compared to their spread. Any point near the rows works as
 * well as their exact mean. The result is rounded to float32, so that WASM functions can subtract it exactly. A
 * constant column becomes 0.
 */
export function centreOf({ data, rows: n, columns: d }: FeatureMatrix): Float64Array {
  const taken = Math.min(n, SAMPLE);
  const sum = new Float64Array(d);
  for (let t = 0; t < taken; t++) {
    const at = Math.floor((t * n) / taken) * d;
    for (let j = 0; j < d; j++) sum[j] += data[at + j] - data[j];
  }
  return sum.map((difference, j) => Math.fround(data[j] + difference / taken));
}

/** Returns the approximate root mean square of each column, from evenly spaced rows. */
export function sizesOf({ data, rows: n, columns: d }: FeatureMatrix): Float64Array {
  const taken = Math.min(n, SAMPLE);
  const squares = new Float64Array(d);
  for (let t = 0; t < taken; t++) {
    const at = Math.floor((t * n) / taken) * d;
    for (let j = 0; j < d; j++) squares[j] += data[at + j] * data[at + j];
  }
  return squares.map((square) => Math.sqrt(square / taken));
}

/** Returns the largest norm of a row minus the centre. It is not finite if a row holds a number that isn't. */
export async function radiusAround(
  centre: Float64Array,
  { data, rows, columns: d }: FeatureMatrix,
  pause: () => Promise<void> | undefined,
): Promise<number> {
  const step = Math.max(1, Math.floor(BLOCK / d));
  let most = 0;
  for (let first = 0; first < rows; first += step) {
    const wait = pause();
    if (wait) await wait;
    most = Math.max(most, largestSquare(data, d, first * d, Math.min(rows, first + step) * d, centre));
  }
  return Math.sqrt(most);
}

/** Kept apart from radiusAround: V8 hardly optimises loops in async functions. */
function largestSquare(x: Float32Array, d: number, from: number, to: number, centre: Float64Array): number {
  let most = 0;
  for (let at = from; at < to; at += d) {
    let [a, b] = [0, 0];
    let j = 0;
    for (; j + 2 <= d; j += 2) {
      const p = x[at + j] - centre[j];
      const q = x[at + j + 1] - centre[j + 1];
      a += p * p;
      b += q * q;
    }
    if (j < d) a += (x[at + j] - centre[j]) ** 2;
    // NaN propagates: Math.max of NaN and a number is NaN.
    most = Math.max(most, a + b);
  }
  return most;
}

/** How many passes over the features {@link standardFrame} takes. */
export const STANDARD_PASSES = 3;

/** Mean and standard deviation (over n, as StandardScaler) of each column; a constant column's scale is 1. */
export async function standardFrame(source: Rows, pause: () => Promise<void> | undefined): Promise<Frame> {
  const { rows: n, columns: d } = source;
  const step = Math.max(1, Math.floor(BLOCK / d));
  const eachBlock = async (take: (block: Float32Array) => void) => {
    for (let first = 0; first < n; first += step) {
      const count = Math.min(step, n - first);
      await pause();
      await source.ready(first, count);
      take(source.block(first, count));
    }
  };
  const mean = new Float64Array(d);
  const scale = new Float64Array(d);
  // Sums of differences from the first row: exactly zero for a constant column.
  const origin = new Float32Array(d);
  await source.ready(0, 1);
  origin.set(source.block(0, 1));
  await eachBlock((block) => {
    for (let at = 0; at < block.length; at += d) for (let j = 0; j < d; j++) mean[j] += block[at + j] - origin[j];
  });
  for (let j = 0; j < d; j++) mean[j] = origin[j] + mean[j] / n;
  await eachBlock((block) => {
    for (let at = 0; at < block.length; at += d) for (let j = 0; j < d; j++) scale[j] += (block[at + j] - mean[j]) ** 2;
  });
  for (let j = 0; j < d; j++) scale[j] = Math.sqrt(scale[j] / n) || 1;
  let most = 0;
  await eachBlock((block) => {
    for (let at = 0; at < block.length; at += d) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += ((block[at + j] - mean[j]) / scale[j]) ** 2;
      most = Math.max(most, sum);
    }
  });
  const size = mean.map((value, j) => Math.hypot(value / scale[j], 1));
  return { mean, scale, standardised: true, radius: Math.sqrt(most), size };
}
