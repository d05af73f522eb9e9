import type { Preconditioner } from '../newton/preconditioner.js';
import { dot } from '../newton/vectors.js';
import type { HingeProducts, HingeSums, Products } from '../products/products.js';
import type { Rows } from '../rows/rows.js';
import type { Targets } from '../rows/targets.js';
import type { Frame } from './frame.js';
import { type HessianOptions, makePreconditioners, type Sample, type WriteWeights } from './preconditioners.js';

/** Options that decide which columns the weights are learned for. */
export interface DesignOptions {
  readonly bias: 'regularised' | 'free' | 'none';
  readonly biasScaling: number;
}

/**
 * Replaces the scores of a block by the factors of the rows in the sum, in place. The scores are the first count × rows
 * numbers, column-major.
 */
export type Respond = (scores: Float64Array, first: number, rows: number) => void;

/** Options of a pass over the features. */
export interface Passes {
  /** Whether scores and sums are computed in float64. */
  readonly exact: boolean;
  /** The pass reads every `every`-th block of rows; 1 reads all. */
  readonly every: number;
}

/** The size of one score column's gradient. */
export interface GradientSize {
  /** ‖g‖² over the regularised variables. Half of it bounds the gap if the bias is regularised or at its optimum. */
  readonly square: number;
  /** |∂f/∂bias| if the bias is free, else 0. */
  readonly bias: number;
}

/**
 * The n × size design matrix A of a linear head: the features, transformed by its {@link Frame}, and the bias as a last
 * constant column. The matrix is never stored. Since A = (X − 1μᵀ) Σ⁻¹, its products are those of X with corrected
 * vectors.
 *
 * If the frame is only the solver's, the last variable is the bias of the centred columns, β′ = β + m·w with m = μ /
 * constant. The penalty of a regularised bias, ½β² = ½(β′ − m·w)², then couples it with the weights.
 */
export interface Design {
  readonly rows: number;
  /** How often the features were read. A partial pass counts in proportion. */
  readonly passes: number;
  /** Number of variables per score column: d, plus one if there is a bias. */
  readonly size: number;
  /** Whether the last variable is an unpenalised bias. */
  readonly freeBias: boolean;
  /** Factor of the penalty ½b² of the scores' bias b: 0 if the bias is free, infinite if there is none. */
  readonly biasCost: number;
  /** An upper bound of the norm of a row of A without its constant column. */
  readonly radius: number;
  /**
   * One pass over the features: out = Aᵀ · respond(A · v).
   *
   * @param v - count × size.
   * @param out - count × size, overwritten.
   */
  pass(v: Float64Array, count: number, respond: Respond, out: Float64Array, options: Passes): Promise<void>;
  /** Passes that compute the squared hinge loss themselves. Absent if the products have none. */
  hinge?(targets: Targets): HingeProducts;
  /** As `pass`, with the squared hinge loss. Returns the sums of each query. */
  hingePass(
    v: Float64Array,
    queries: Parameters<HingeProducts['pass']>[0],
    hinge: HingeProducts,
    out: Float64Array,
    options: Passes,
  ): Promise<HingeSums[]>;
  /**
   * Adds the penalty's part of a gradient or Hessian product, R·v, to `out` and returns v·R·v. R is the matrix of
   * ½‖w‖², plus ½β² if the bias is regularised. Both `v` and `out` are one score column.
   */
  penalise(v: Float64Array, out: Float64Array): number;
  /** ‖w‖² of one score column. */
  weightSquare(v: Float64Array): number;
  /** Approximate size of the terms that add up to a score: Σ |v| · (size of the column). */
  termsOf(v: Float64Array): number;
  /**
   * Returns the size of a gradient, in the variables that the penalty measures.
   *
   * @param noise - The rounding error for a column of 1s. A component below this times the size of its column counts as
   *   0.
   */
  sizeOf(gradient: Float64Array, noise: number): GradientSize;
  /**
   * Returns an approximate inverse of R + AᵀDA, made from a sample of the rows with a nonzero weight. The first
   * preconditioner of a slot is diagonal. Later ones factor the whole Hessian if that pays. Each of them uses twice as
   * many rows as the one before, so that hard problems get better preconditioners.
   *
   * @param slot - Selects the memory to use.
   * @param weights - Writes the diagonal of D.
   */
  precondition(slot: number, weights: WriteWeights, options?: HessianOptions): Preconditioner;
  /**
   * Converts weights of the design into weights of the features: from count × size to d × count, and `count` biases.
   */
  fold(v: Float64Array, count: number): { weights: Float64Array; bias: Float64Array };
  /** The inverse of `fold`, as far as it exists: without a bias column the bias is dropped. */
  unfold(weights: ArrayLike<number>, bias: ArrayLike<number>): Float64Array;
}

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
  /**
   * The values subtracted from the columns of A. Without a bias, the solver can't centre the columns, since nothing
   * could compensate for it.
   */
  const mean = standardised || constant !== 0 ? frame.mean : new Float64Array(d);
  /** The part of the mean that the products have not subtracted yet, in passes that aren't exact. */
  const rest = mean.map((value, j) => value - (products.centre?.[j] ?? 0));
  const regularised = options.bias === 'regularised';
  const coupling = regularised && !standardised ? mean.map((value) => value / constant) : undefined;
  // Reused by all passes: new arrays in each pass would add up to megabytes of garbage.
  let sums = new Float64Array(0);
  let scores = new Float64Array(0);
  let passes = 0;

  /**
   * Writes weights of the features into `columns` (count × d). Returns the biases for rows from which `shift` is
   * subtracted.
   */
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

  // Kept apart from `pass`: V8 hardly optimises loops in async functions.
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

  /** Converts sums over rows of the features, and sums of their factors, into sums over rows of the design. */
  function unfoldSums(columns: Float64Array, totals: ArrayLike<number>, less: Float64Array, out: Float64Array) {
    for (let c = 0; c < totals.length; c++) {
      for (let j = 0; j < d; j++) out[c * size + j] = (columns[c * d + j] - less[j] * totals[c]) / scale[j];
      if (constant !== 0) out[c * size + d] = constant * totals[c];
    }
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

    async hingePass(v, queries, hinge, out, { exact, every }) {
      const count = queries.length;
      if (sums.length < count * d) sums = new Float64Array(count * d);
      const columns = sums.subarray(0, count * d);
      passes += 1 / every;
      const less = exact ? mean : rest;
      const bias = fold(v, count, columns, less);
      const pass = hinge.pass(queries, columns, bias, exact);
      for (let first = 0; first < n; first += every * products.blockRows) {
        const wait = pause();
        if (wait) await wait;
        pass.block(first);
      }
      const found = pass.end(columns);
      unfoldSums(
        columns,
        found.map(({ total }) => total),
        less,
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

    weightSquare: (v) => dot(v.subarray(0, d), v),

    termsOf: (v) => addSizes(v, frame.size, constant === 0 ? 0 : constant * Math.abs(v[d])),

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

    precondition: makePreconditioners(sample, n, frame, { mean, constant, regularised, coupling }),

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

/** Returns `sum` plus Σ |v| · size. */
function addSizes(v: Float64Array, sizes: Float64Array, sum: number): number {
  let total = sum;
  for (let j = 0; j < sizes.length; j++) total += Math.abs(v[j]) * sizes[j];
  return total;
}

function norm(v: Float64Array): number {
  return Math.sqrt(dot(v, v));
}
