import type { FeatureMatrix } from 'fer-core';
import type { Rows } from '../rows/rows.js';

/** What the solver subtracts from each column, and divides it by, before anything else. */
export interface Frame {
  /** d numbers. */
  readonly mean: Float64Array;
  /** d numbers above 0: 1 each, unless the head standardises. */
  readonly scale: Float64Array;
  /** Whether the head learns on these columns (StandardScaler); else they are the solver's own affair. */
  readonly standardised: boolean;
  /** At least the largest norm of a row of (x − mean) / scale. */
  readonly radius: number;
  /** d numbers: the root mean square of x / scale, about. What rounding makes of a column is in proportion to it. */
  readonly size: Float64Array;
}

/** Numbers that are looked at between two pauses. */
const BLOCK = 1 << 18;
/** Rows that a centre is the mean of. */
const SAMPLE = 1024;

/**
 * About the mean of each column, from rows spread evenly: subtracted by the solver, it makes columns whose mean is large
 * against their spread tell apart what differs in them. Any point near the rows does as well as their mean. It is rounded
 * to float32, so that WASM functions can subtract it exactly; a constant column becomes 0.
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

/** The root mean square of each column, about: from rows spread evenly. */
export function sizesOf({ data, rows: n, columns: d }: FeatureMatrix): Float64Array {
  const taken = Math.min(n, SAMPLE);
  const squares = new Float64Array(d);
  for (let t = 0; t < taken; t++) {
    const at = Math.floor((t * n) / taken) * d;
    for (let j = 0; j < d; j++) squares[j] += data[at + j] * data[at + j];
  }
  return squares.map((square) => Math.sqrt(square / taken));
}

/** The largest norm of a row minus the centre; not finite where one holds a number that isn't. */
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

/** Not part of the above: V8 hardly optimises loops in a function that waits. */
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
    // NaN stays: Math.max of it and a number is NaN.
    most = Math.max(most, a + b);
  }
  return most;
}

/** How often {@link standardFrame} reads the features. */
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
