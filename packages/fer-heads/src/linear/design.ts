import type { FeatureMatrix } from 'fer-core';
import type { Gram } from '../products/gram.js';
import type { Products } from '../products/products.js';
import type { Rows } from '../rows/rows.js';
import { dampedDiagonal, factoredHessian, type Preconditioner } from './preconditioner.js';

/** How the features become the columns that weights are learned for. */
export interface DesignOptions {
  readonly bias: 'regularised' | 'free' | 'none';
  readonly biasScaling: number;
  readonly standardise: boolean;
}

/** Turns the scores of a block (its first count × rows numbers, column-major) into what is to be summed back, in place. */
export type Respond = (scores: Float64Array, first: number, rows: number) => void;

/** Rows at hand to make preconditioners of: all, or some that stand for all. */
export interface Sample {
  readonly x: FeatureMatrix;
  /** Which rows they are, where they are not all. */
  readonly rows?: ArrayLike<number>;
  /** Of x, where the whole Hessian is worth its cost. */
  readonly gram?: Gram;
}

/**
 * The n × size design matrix A of a linear head: the features, standardised where asked, and the bias as a last
 * constant column. It is never made: A = (X − 1μᵀ) Σ⁻¹, so its products are those of X with corrected vectors.
 */
export interface Design {
  readonly rows: number;
  /** Variables of one score column: d, and one more where there is a bias. */
  readonly size: number;
  /** How many of them, from the first, are regularised. */
  readonly regularised: number;
  /**
   * One pass over the features: out = Aᵀ · respond(A · v). Where `every` is above 1, over each so-manieth block of them
   * only.
   *
   * @param v - count × size.
   * @param out - count × size, overwritten.
   * @param options - `exact`: whether the scores are in float64. `every`: see above, 1 by default.
   */
  pass(
    v: Float64Array,
    count: number,
    respond: Respond,
    out: Float64Array,
    options: { readonly exact: boolean; readonly every?: number },
  ): Promise<void>;
  /**
   * About the inverse of I + AᵀDA (I on what is regularised), from some of the rows whose weight is not 0. Where the
   * whole Hessian is factored, it is from twice as many each time that one is made for the same slot: the harder a
   * problem, the better it gets.
   *
   * @param slot - Whose memory it may use.
   * @param weight - D.
   */
  precondition(slot: number, weight: (row: number) => number): Preconditioner;
  /** Weights of the design as weights of the features: count × size to d × count and a bias of count. */
  fold(v: Float64Array, count: number): { weights: Float64Array; bias: Float64Array };
  /** The inverse of `fold`, as far as there is one: without a bias column the bias is dropped. */
  unfold(weights: ArrayLike<number>, bias: ArrayLike<number>): Float64Array;
}

/** Numbers that are looked at between two pauses. */
const MOMENTS = 1 << 18;
/** Rows that a preconditioner is made of: for the diagonal, and for the whole Hessian the first time. */
const SAMPLE = { diagonal: 512, whole: 4096 };

/** @param pause - Called between blocks. */
export function makeDesign(
  source: Rows,
  { mean, scale }: Moments,
  options: DesignOptions,
  products: Products,
  sample: Sample,
  pause: () => Promise<void> | undefined,
): Design {
  const { rows: n, columns: d } = source;
  const constant = options.bias === 'none' ? 0 : options.bias === 'free' ? 1 : options.biasScaling;
  const size = constant === 0 ? d : d + 1;
  const regularised = options.bias === 'regularised' ? size : d;
  /** How many rows each slot's next preconditioner is made of. */
  const taken: number[] = [];
  // Of passes: what each would leave for the garbage collector adds up to megabytes.
  let sums = new Float64Array(0);
  let scores = new Float64Array(0);

  /** Weights of the features into `columns` (count × d); returns the biases. */
  function fold(v: Float64Array, count: number, columns: Float64Array): Float64Array {
    const bias = new Float64Array(count);
    for (let c = 0; c < count; c++) {
      let shift = 0;
      for (let j = 0; j < d; j++) {
        const weight = v[c * size + j] / scale[j];
        columns[c * d + j] = weight;
        shift += weight * mean[j];
      }
      bias[c] = (constant === 0 ? 0 : constant * v[c * size + d]) - shift;
    }
    return bias;
  }

  // Not part of `pass`: V8 hardly optimises loops in a function that waits.
  function passBlock(first: number, bias: Float64Array, respond: Respond, totals: Float64Array) {
    const rows = Math.min(products.blockRows, n - first);
    products.scores(first, rows, scores);
    for (let c = 0; c < bias.length; c++) {
      for (let i = c * rows; i < (c + 1) * rows; i++) scores[i] += bias[c];
    }
    respond(scores, first, rows);
    for (let c = 0; c < bias.length; c++) {
      for (let i = c * rows; i < (c + 1) * rows; i++) totals[c] += scores[i];
    }
    products.accumulate(first, rows, scores);
  }

  function diagonal(rows: Uint32Array, weights: Float64Array): Preconditioner {
    const sums = new Float64Array(size);
    for (let t = 0; t < rows.length; t++) {
      const at = rows[t] * d;
      for (let j = 0; j < d; j++) {
        const a = (sample.x.data[at + j] - mean[j]) / scale[j];
        sums[j] += weights[t] * a * a;
      }
      if (constant !== 0) sums[d] += weights[t] * constant * constant;
    }
    for (let j = 0; j < regularised; j++) sums[j] += 1;
    return dampedDiagonal(sums);
  }

  return {
    rows: n,
    size,
    regularised,

    async pass(v, count, respond, out, { exact, every = 1 }) {
      if (sums.length < count * d) sums = new Float64Array(count * d);
      if (scores.length < count * products.blockRows) scores = new Float64Array(count * products.blockRows);
      const columns = sums.subarray(0, count * d);
      const bias = fold(v, count, columns);
      const totals = new Float64Array(count);
      products.begin(columns, count, exact);
      for (let first = 0; first < n; first += every * products.blockRows) {
        const wait = pause();
        if (wait) await wait;
        const fetched = source.ready(first, Math.min(products.blockRows, n - first));
        if (fetched) await fetched;
        passBlock(first, bias, respond, totals);
      }
      products.end(columns);
      for (let c = 0; c < count; c++) {
        for (let j = 0; j < d; j++) out[c * size + j] = (columns[c * d + j] - mean[j] * totals[c]) / scale[j];
        if (constant !== 0) out[c * size + d] = constant * totals[c];
      }
    },

    precondition(slot, weight) {
      const { x, rows: known, gram } = sample;
      const weightOf = known ? (row: number) => weight(known[row]) : weight;
      const most = gram ? (taken[slot] ?? SAMPLE.whole) : SAMPLE.diagonal;
      const { rows, weights } = sampleRows(x.rows, weightOf, most, n / x.rows);
      if (!gram) return diagonal(rows, weights);
      taken[slot] = 2 * most;
      const whole = factoredHessian(gram, rows, weights, { mean, scale, constant, regularised }, slot);
      return whole ?? diagonal(rows, weights);
    },

    fold(v, count) {
      const columns = new Float64Array(count * d);
      const bias = fold(v, count, columns);
      const weights = new Float64Array(d * count);
      for (let c = 0; c < count; c++) for (let j = 0; j < d; j++) weights[j * count + c] = columns[c * d + j];
      return { weights, bias };
    },

    unfold(weights, bias) {
      const count = bias.length;
      const v = new Float64Array(count * size);
      for (let c = 0; c < count; c++) {
        let shift = bias[c];
        for (let j = 0; j < d; j++) {
          v[c * size + j] = weights[j * count + c] * scale[j];
          shift += weights[j * count + c] * mean[j];
        }
        if (constant !== 0) v[c * size + d] = shift / constant;
      }
      return v;
    },
  };
}

/**
 * At most so many of the rows that weigh anything, spread evenly, in order; weighing as much as all of them would, times
 * `factor`.
 */
function sampleRows(n: number, weight: (row: number) => number, most: number, factor: number) {
  let count = 0;
  for (let i = 0; i < n; i++) if (weight(i) !== 0) count++;
  const taken = Math.min(count, most);
  const rows = new Uint32Array(taken);
  for (let i = 0, seen = 0, t = 0; t < taken; i++) {
    if (weight(i) !== 0 && seen++ === Math.floor((t * count) / taken)) rows[t++] = i;
  }
  return { rows, weights: Float64Array.from(rows, (i) => (weight(i) * count * factor) / taken) };
}

/** What standardisation takes away from, and divides, each column by. */
export interface Moments {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Mean and standard deviation (over n, as StandardScaler) of each column; a constant column's scale is 1. */
export async function moments(source: Rows, pause: () => Promise<void> | undefined): Promise<Moments> {
  const { rows: n, columns: d } = source;
  const step = Math.max(1, Math.floor(MOMENTS / d));
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
  return { mean, scale };
}

/** Moments that change nothing. */
export function noMoments(d: number): Moments {
  return { mean: new Float64Array(d), scale: new Float64Array(d).fill(1) };
}
