import type { FeatureMatrix } from 'fer-core';
import { dampedDiagonal, factoredHessian, hessianBytes, type Preconditioner } from './preconditioner.js';
import type { Products } from './products.js';

/** How the features become the columns that weights are learned for. */
export interface DesignOptions {
  readonly bias: 'regularised' | 'free' | 'none';
  readonly biasScaling: number;
  readonly standardise: boolean;
}

/** Turns the scores of a block (count × rows, column-major) into what is to be summed back, in place. */
export type Respond = (scores: Float64Array, first: number, rows: number) => void;

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

/** Rows that a preconditioner is made of: for the diagonal, and for the whole Hessian the first time. */
const SAMPLE = { diagonal: 512, whole: 4096 };

/** @param pause - Called between blocks. */
export function makeDesign(
  x: FeatureMatrix,
  { mean, scale }: Moments,
  options: DesignOptions,
  products: Products,
  pause: () => Promise<void> | undefined,
): Design {
  const { rows: n, columns: d } = x;
  const constant = options.bias === 'none' ? 0 : options.bias === 'free' ? 1 : options.biasScaling;
  const size = constant === 0 ? d : d + 1;
  const regularised = options.bias === 'regularised' ? size : d;
  const { gram } = products;
  const slots: { address: number; sample: number }[] = [];

  function fold(v: Float64Array, count: number): { columns: Float64Array; bias: Float64Array } {
    const columns = new Float64Array(count * d);
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
    return { columns, bias };
  }

  // Not part of `pass`: V8 hardly optimises loops in a function that waits.
  function passBlock(first: number, scores: Float64Array, bias: Float64Array, respond: Respond, totals: Float64Array) {
    const rows = Math.min(products.blockRows, n - first);
    const block = scores.subarray(0, bias.length * rows);
    products.scores(first, rows, block);
    for (let c = 0; c < bias.length; c++) addTo(block.subarray(c * rows, (c + 1) * rows), bias[c]);
    respond(block, first, rows);
    for (let c = 0; c < bias.length; c++) totals[c] += sum(block.subarray(c * rows, (c + 1) * rows));
    products.accumulate(first, rows, block);
  }

  function diagonal(rows: Uint32Array, weights: Float64Array): Preconditioner {
    const sums = new Float64Array(size);
    for (let t = 0; t < rows.length; t++) {
      const at = rows[t] * d;
      for (let j = 0; j < d; j++) {
        const a = (x.data[at + j] - mean[j]) / scale[j];
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
      const { columns, bias } = fold(v, count);
      const totals = new Float64Array(count);
      const scores = new Float64Array(count * products.blockRows);
      products.begin(columns, count, exact);
      for (let first = 0; first < n; first += every * products.blockRows) {
        const wait = pause();
        if (wait) await wait;
        passBlock(first, scores, bias, respond, totals);
      }
      const sums = columns;
      products.end(sums);
      for (let c = 0; c < count; c++) {
        for (let j = 0; j < d; j++) out[c * size + j] = (sums[c * d + j] - mean[j] * totals[c]) / scale[j];
        if (constant !== 0) out[c * size + d] = constant * totals[c];
      }
    },

    precondition(slot, weight) {
      if (!gram) {
        const { rows, weights } = sampleRows(n, weight, SAMPLE.diagonal);
        return diagonal(rows, weights);
      }
      slots[slot] ??= { address: gram.kernels.allocate(hessianBytes(gram.columns.length)), sample: SAMPLE.whole };
      const { address, sample } = slots[slot];
      slots[slot].sample *= 2;
      const { rows, weights } = sampleRows(n, weight, sample);
      const whole = factoredHessian(gram, rows, weights, { mean, scale, constant, regularised }, address);
      return whole ?? diagonal(rows, weights);
    },

    fold(v, count) {
      const { columns, bias } = fold(v, count);
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

function addTo(values: Float64Array, more: number): void {
  for (let i = 0; i < values.length; i++) values[i] += more;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

/** At most so many of the rows that weigh anything, spread evenly, in order; weighing as much as all of them would. */
function sampleRows(n: number, weight: (row: number) => number, most: number) {
  const all = new Uint32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) if (weight(i) !== 0) all[count++] = i;
  const taken = Math.min(count, most);
  const rows = new Uint32Array(taken);
  for (let t = 0; t < taken; t++) rows[t] = all[Math.floor((t * count) / taken)];
  return { rows, weights: Float64Array.from(rows, (i) => (weight(i) * count) / taken) };
}

/** What standardisation takes away from, and divides, each column by. */
export interface Moments {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Mean and standard deviation (over n, as StandardScaler) of each column; a constant column's scale is 1. */
export function moments({ data, rows: n, columns: d }: FeatureMatrix): Moments {
  const mean = new Float64Array(d);
  const scale = new Float64Array(d);
  // Sums of differences from the first row: exactly zero for a constant column.
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j] += data[i * d + j] - data[j];
  for (let j = 0; j < d; j++) mean[j] = data[j] + mean[j] / n;
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) scale[j] += (data[i * d + j] - mean[j]) ** 2;
  for (let j = 0; j < d; j++) scale[j] = Math.sqrt(scale[j] / n) || 1;
  return { mean, scale };
}

/** Moments that change nothing. */
export function noMoments(d: number): Moments {
  return { mean: new Float64Array(d), scale: new Float64Array(d).fill(1) };
}
