import type { FeatureMatrix } from 'fer-core';
import type { Gram } from '../products/gram.js';
import type { HingeProducts, HingeSums, Products } from '../products/products.js';
import type { Rows } from '../rows/rows.js';
import type { Targets } from '../rows/targets.js';
import type { Frame } from './frame.js';
import { dampedDiagonal, factoredHessian, type Preconditioner } from './preconditioner.js';

/** How the features become the columns that weights are learned for. */
export interface DesignOptions {
  readonly bias: 'regularised' | 'free' | 'none';
  readonly biasScaling: number;
}

/** Turns the scores of a block (its first count × rows numbers, column-major) into what is to be summed back, in place. */
export type Respond = (scores: Float64Array, first: number, rows: number) => void;

/** How passes go over the features. */
export interface Passes {
  /** Whether scores and sums are in float64. */
  readonly exact: boolean;
  /** 1, or over every so-manieth block of rows only. */
  readonly every: number;
}

/** Rows at hand to make preconditioners of: all, or some that stand for all. */
export interface Sample {
  readonly x: FeatureMatrix;
  /** Which rows they are, where they are not all. */
  readonly rows?: ArrayLike<number>;
  /** Of x, where the whole Hessian is worth its cost. */
  readonly gram?: Gram;
}

/** The size of one score column's gradient. */
export interface GradientSize {
  /** ‖g‖² over what is regularised: half of it bounds the gap, as far as the bias is regularised, too, or best. */
  readonly square: number;
  /** |∂f/∂bias| where the bias is free, else 0. */
  readonly bias: number;
}

/**
 * The n × size design matrix A of a linear head: the features as its {@link Frame} has them, and the bias as a last
 * constant column. It is never made: A = (X − 1μᵀ) Σ⁻¹, so its products are those of X with corrected vectors.
 *
 * Where the frame is the solver's own, the last variable is the bias of the centred columns, β′ = β + m·w with m = μ /
 * constant. What a regularised bias costs, ½β² = ½(β′ − m·w)², then couples it with the weights.
 */
export interface Design {
  readonly rows: number;
  /** How often the features were read; parts of a pass count in proportion. */
  readonly passes: number;
  /** Variables of one score column: d, and one more where there is a bias. */
  readonly size: number;
  /** Whether the last variable is a bias that costs nothing. */
  readonly freeBias: boolean;
  /** What ½b² of the scores' bias b costs: 0 where it is free, infinite where there is none. */
  readonly biasCost: number;
  /** At least the largest norm of a row of A without its constant column. */
  readonly radius: number;
  /**
   * One pass over the features: out = Aᵀ · respond(A · v).
   *
   * @param v - count × size.
   * @param out - count × size, overwritten.
   */
  pass(v: Float64Array, count: number, respond: Respond, out: Float64Array, options: Passes): Promise<void>;
  /** The squared hinge's own passes, in float32, where the products have them. */
  hinge?(targets: Targets): HingeProducts;
  /** As `pass`, by one of them. Returns each query's sums. */
  hingePass(
    v: Float64Array,
    queries: Parameters<HingeProducts['pass']>[0],
    hinge: HingeProducts,
    out: Float64Array,
    every: number,
  ): Promise<HingeSums[]>;
  /**
   * The penalty's part of a gradient or Hessian product: adds R·v to `out` and returns v·R·v, R being the matrix of
   * ½‖w‖² and, where the bias is regularised, ½β². Both `v` and `out` are one score column.
   */
  penalise(v: Float64Array, out: Float64Array): number;
  /** ‖w‖² of one score column. */
  weightSquare(v: Float64Array): number;
  /** About how large the terms are that a score is added up from: Σ |v| · (size of the column). */
  termsOf(v: Float64Array): number;
  /**
   * How large a gradient is, in the variables that the penalty measures.
   *
   * @param noise - What rounding can make of a column of 1s: columns count as 0 up to that times their size.
   */
  sizeOf(gradient: Float64Array, noise: number): GradientSize;
  /**
   * About the inverse of R + AᵀDA, from some of the rows whose weight is not 0. Where the whole Hessian is factored, it
   * is from twice as many each time that one is made for the same slot: the harder a problem, the better it gets. The first
   * of a slot is a diagonal.
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

/**
 * Rows that a preconditioner is made of. `diagonal`: for a diagonal that lasts; `few`: for one that the whole Hessian
 * replaces after the first step; `whole`: for the Hessian, the first time.
 */
const SAMPLE = { diagonal: 512, few: 128, whole: 1024 };

/** @param pause - Called between blocks. */
export function makeDesign(
  source: Rows,
  frame: Frame,
  options: DesignOptions,
  products: Products,
  sample: Sample,
  pause: () => Promise<void> | undefined,
): Design {
  const { rows: n, columns: d } = source;
  const { scale, standardised } = frame;
  const constant = options.bias === 'none' ? 0 : options.bias === 'free' ? 1 : options.biasScaling;
  const size = constant === 0 ? d : d + 1;
  /** What the columns of A are less by. Without a bias nothing can make up for a centre that is the solver's own. */
  const mean = standardised || constant !== 0 ? frame.mean : new Float64Array(d);
  /** What remains to be subtracted of rows as the products have them, in passes that aren't exact. */
  const rest = mean.map((value, j) => value - (products.centre?.[j] ?? 0));
  const regularised = options.bias === 'regularised';
  const coupling = regularised && !standardised ? mean.map((value) => value / constant) : undefined;
  /** How many rows each slot's next preconditioner is made of. */
  const taken: number[] = [];
  // Of passes: what each would leave for the garbage collector adds up to megabytes.
  let sums = new Float64Array(0);
  let scores = new Float64Array(0);
  let passes = 0;

  /** Weights of the features into `columns` (count × d); returns the biases of rows less by `shift`. */
  function fold(v: Float64Array, count: number, columns: Float64Array, shift: Float64Array): Float64Array {
    const bias = new Float64Array(count);
    for (let c = 0; c < count; c++) {
      let sum = 0;
      for (let j = 0; j < d; j++) {
        const weight = v[c * size + j] / scale[j];
        columns[c * d + j] = weight;
        sum += weight * shift[j];
      }
      bias[c] = (constant === 0 ? 0 : constant * v[c * size + d]) - sum;
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

  /** Sums of rows, and of what they were multiplied by, as sums of the design's rows. */
  function unfoldSums(columns: Float64Array, totals: ArrayLike<number>, less: Float64Array, out: Float64Array) {
    for (let c = 0; c < totals.length; c++) {
      for (let j = 0; j < d; j++) out[c * size + j] = (columns[c * d + j] - less[j] * totals[c]) / scale[j];
      if (constant !== 0) out[c * size + d] = constant * totals[c];
    }
  }

  function diagonal(rows: Uint32Array, weights: Float64Array): Preconditioner {
    const { mean: centre } = frame;
    const squares = new Float64Array(size);
    let total = 0;
    for (let t = 0; t < rows.length; t++) {
      const at = rows[t] * d;
      for (let j = 0; j < d; j++) {
        const a = (sample.x.data[at + j] - centre[j]) / scale[j];
        squares[j] += weights[t] * a * a;
      }
      total += weights[t];
    }
    for (let j = 0; j < d; j++) squares[j] += 1;
    if (constant !== 0) squares[d] = constant * constant * total + (regularised && !coupling ? 1 : 0);
    if (coupling) {
      const vector = new Float64Array(size);
      for (let j = 0; j < d; j++) vector[j] = -coupling[j];
      vector[d] = 1;
      return dampedDiagonal(squares, d, { vector, weight: 1 });
    }
    if (constant === 0 && !standardised) return dampedDiagonal(squares, d, { vector: centre, weight: total });
    return dampedDiagonal(squares, regularised ? size : d);
  }

  return {
    rows: n,
    size,
    get passes() {
      return passes;
    },
    freeBias: options.bias === 'free',
    biasCost: constant === 0 ? Number.POSITIVE_INFINITY : regularised ? 1 / (constant * constant) : 0,
    radius: frame.radius + (mean === frame.mean ? 0 : norm(frame.mean)),

    async pass(v, count, respond, out, { exact, every }) {
      if (sums.length < count * d) sums = new Float64Array(count * d);
      if (scores.length < count * products.blockRows) scores = new Float64Array(count * products.blockRows);
      const columns = sums.subarray(0, count * d);
      passes += 1 / every;
      const less = exact ? mean : rest;
      const bias = fold(v, count, columns, less);
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
      unfoldSums(columns, totals, less, out);
    },

    hinge: products.hinge,

    async hingePass(v, queries, hinge, out, every) {
      const count = queries.length;
      if (sums.length < count * d) sums = new Float64Array(count * d);
      const columns = sums.subarray(0, count * d);
      passes += 1 / every;
      const pass = hinge.pass(queries, columns, fold(v, count, columns, rest));
      for (let first = 0; first < n; first += every * products.blockRows) {
        const wait = pause();
        if (wait) await wait;
        pass.block(first);
      }
      const found = pass.end(columns);
      unfoldSums(
        columns,
        found.map(({ total }) => total),
        rest,
        out,
      );
      return found;
    },

    penalise(v, out) {
      let square = 0;
      for (let j = 0; j < d; j++) {
        out[j] += v[j];
        square += v[j] * v[j];
      }
      if (!regularised) return square;
      let bias = v[d];
      if (coupling) for (let j = 0; j < d; j++) bias -= coupling[j] * v[j];
      if (coupling) for (let j = 0; j < d; j++) out[j] -= coupling[j] * bias;
      out[d] += bias;
      return square + bias * bias;
    },

    weightSquare(v) {
      let square = 0;
      for (let j = 0; j < d; j++) square += v[j] * v[j];
      return square;
    },

    termsOf(v) {
      let terms = constant === 0 ? 0 : constant * Math.abs(v[d]);
      for (let j = 0; j < d; j++) terms += Math.abs(v[j]) * frame.size[j];
      return terms;
    },

    sizeOf(gradient, noise) {
      let square = 0;
      const last = constant === 0 || Math.abs(gradient[d]) <= noise * constant ? 0 : gradient[d];
      for (let j = 0; j < d; j++) {
        const g = gradient[j] + (coupling ? coupling[j] * gradient[d] : 0);
        if (Math.abs(g) > noise * frame.size[j]) square += g * g;
      }
      if (options.bias === 'free') return { square, bias: Math.abs(last) };
      return { square: square + last * last, bias: 0 };
    },

    precondition(slot, weight) {
      const { x, rows: known, gram } = sample;
      const weightOf = known ? (row: number) => weight(known[row]) : weight;
      // A Hessian with a coupling in it isn't what is factored. Of the first point, far from the solution, a diagonal does.
      const whole = gram && !coupling?.some((value) => value !== 0) && taken[slot] !== undefined;
      const most = whole ? taken[slot] : gram ? SAMPLE.few : SAMPLE.diagonal;
      const { rows, weights } = sampleRows(x.rows, weightOf, most, n / x.rows);
      taken[slot] = whole ? 2 * most : SAMPLE.whole;
      if (!whole) return { ...diagonal(rows, weights), lifetime: gram ? 1 : 16 };
      const columns = { mean, scale, constant, regularised: regularised ? size : d };
      return factoredHessian(gram, rows, weights, columns, slot) ?? diagonal(rows, weights);
    },

    fold(v, count) {
      const columns = new Float64Array(count * d);
      const bias = fold(v, count, columns, mean);
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

function norm(v: Float64Array): number {
  return Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
}
