import type { FeatureMatrix } from 'fer-core';
import { pacer } from './pacer.js';
import { plainProducts } from './products.js';

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
   * One pass over the features: out = Aᵀ · respond(A · v).
   *
   * @param v - count × size.
   * @param out - count × size, overwritten.
   */
  pass(v: Float64Array, count: number, respond: Respond, out: Float64Array): Promise<void>;
  /** out[j] = about Σᵢ weight(i) · a[i][j]², estimated from a few thousand rows. `size` numbers. */
  squares(weight: (row: number) => number, out: Float64Array): void;
  /** Weights of the design as weights of the features: count × size to d × count and a bias of count. */
  fold(v: Float64Array, count: number): { weights: Float64Array; bias: Float64Array };
  /** The inverse of `fold`, as far as there is one: without a bias column the bias is dropped. */
  unfold(weights: ArrayLike<number>, bias: ArrayLike<number>): Float64Array;
}

/** Rows that {@link Design.squares} looks at. */
const SAMPLE = 2048;

export function makeDesign(x: FeatureMatrix, options: DesignOptions, signal?: AbortSignal): Design {
  const { rows: n, columns: d } = x;
  const { mean, scale } = options.standardise ? moments(x) : identity(d);
  const constant = options.bias === 'none' ? 0 : options.bias === 'free' ? 1 : options.biasScaling;
  const size = constant === 0 ? d : d + 1;
  const products = plainProducts(x);
  const pause = pacer(signal);

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

  return {
    rows: n,
    size,
    regularised: options.bias === 'regularised' ? size : d,

    async pass(v, count, respond, out) {
      const { columns, bias } = fold(v, count);
      const sums = new Float64Array(count * d);
      const totals = new Float64Array(count);
      const scores = new Float64Array(count * products.blockRows);
      for (let first = 0; first < n; first += products.blockRows) {
        await pause();
        const rows = Math.min(products.blockRows, n - first);
        const block = scores.subarray(0, count * rows);
        products.scores(first, rows, columns, count, block);
        for (let c = 0; c < count; c++) for (let i = 0; i < rows; i++) block[c * rows + i] += bias[c];
        respond(block, first, rows);
        for (let c = 0; c < count; c++) for (let i = 0; i < rows; i++) totals[c] += block[c * rows + i];
        products.accumulate(first, rows, block, count, sums);
      }
      for (let c = 0; c < count; c++) {
        for (let j = 0; j < d; j++) out[c * size + j] = (sums[c * d + j] - mean[j] * totals[c]) / scale[j];
        if (constant !== 0) out[c * size + d] = constant * totals[c];
      }
    },

    squares(weight, out) {
      out.fill(0);
      const taken = Math.min(n, SAMPLE);
      let total = 0;
      for (let t = 0; t < taken; t++) {
        // Multiples of the golden ratio, modulo 1, spread evenly without falling in step with any order of the rows.
        const i = taken === n ? t : Math.floor(((t * 0.6180339887498949) % 1) * n);
        const w = weight(i);
        if (w === 0) continue;
        total += w;
        for (let j = 0; j < d; j++) {
          const a = (x.data[i * d + j] - mean[j]) / scale[j];
          out[j] += w * a * a;
        }
      }
      if (constant !== 0) out[d] = total * constant * constant;
      for (let j = 0; j < size; j++) out[j] *= n / taken;
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

function identity(d: number): { mean: Float64Array; scale: Float64Array } {
  return { mean: new Float64Array(d), scale: new Float64Array(d).fill(1) };
}

/** Mean and standard deviation (over n, as StandardScaler) of each column; a constant column's scale is 1. */
function moments({ data, rows: n, columns: d }: FeatureMatrix): { mean: Float64Array; scale: Float64Array } {
  const mean = new Float64Array(d);
  const scale = new Float64Array(d);
  // Sums of differences from the first row: exactly zero for a constant column.
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j] += data[i * d + j] - data[j];
  for (let j = 0; j < d; j++) mean[j] = data[j] + mean[j] / n;
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) scale[j] += (data[i * d + j] - mean[j]) ** 2;
  for (let j = 0; j < d; j++) scale[j] = Math.sqrt(scale[j] / n) || 1;
  return { mean, scale };
}
