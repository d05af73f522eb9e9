import type { Rows } from '../rows/rows.js';
import type { Targets } from '../rows/targets.js';

/**
 * The two products that all the time goes into, over blocks of rows of one n × d matrix X.
 *
 * Vectors are float64 and column-major, one contiguous run a score column ("count" columns), so that columns can come
 * and go between passes as classes converge. An implementation may calculate in float32 where a pass needs not be exact,
 * but for what it sums up across many blocks.
 */
export interface Products {
  /**
   * d numbers that are subtracted from every row before anything else, in passes that aren't exact: float32 then has
   * its digits for what differs between rows. Absent: none. Exact passes are of the rows as they are.
   */
  readonly centre?: Float64Array;
  /** Rows to ask for at a time, from a multiple of it: as many as stay in cache from `scores` to `accumulate`. */
  readonly blockRows: number;
  /**
   * Begins a pass with v (count × d): the sums are zero.
   *
   * @param exact - Whether its scores and sums must be in float64: those that values and gradients are made of.
   */
  begin(v: Float64Array, count: number, exact: boolean): void;
  /** out[c·rows + i] = Σⱼ x[first + i][j] · v[c·d + j]. */
  scores(first: number, rows: number, out: Float64Array): void;
  /** sums[c·d + j] += Σᵢ x[first + i][j] · r[c·rows + i]. */
  accumulate(first: number, rows: number, r: Float64Array): void;
  /** Ends a pass: out = sums. */
  end(out: Float64Array): void;
  /** Squared hinge losses in float32, all the way from scores to sums, where the implementation has them. */
  readonly hinge?: (targets: Targets) => HingeProducts;
}

/** Second derivatives of each problem's loss by the score, of each row: row i's is data[offset(problem) + i · stride]. */
export interface Bends {
  readonly data: Float32Array;
  readonly stride: number;
  offset(problem: number): number;
}

/** Passes of the squared hinge losses of one fit. */
export interface HingeProducts {
  /** Those at each problem's last point. Valid until memory is allocated. */
  bends(): Bends;
  /**
   * Begins a pass of at most one query a problem: of the value and gradient at a vector of `columns` (count × d), which
   * notes the bends there; or of the Hessian's product with it.
   *
   * @param bias - What is added to each query's scores.
   */
  pass(
    queries: readonly { readonly problem: number; readonly kind: 'point' | 'direction' }[],
    columns: Float64Array,
    bias: Float64Array,
  ): HingePass;
}

/** A pass of {@link HingeProducts}. */
export interface HingePass {
  /** The block that begins at this row. */
  block(first: number): void;
  /** Ends the pass: out = the sums of rows times responses. */
  end(out: Float64Array): HingeSums[];
}

/** What a pass summed up for a query over its rows. */
export interface HingeSums {
  /** Of the responses. */
  readonly total: number;
  /** Of the losses. */
  readonly loss: number;
  /** Of the second derivatives, where the margin is firmly below 1. */
  readonly firm: number;
}

/** An eighth of an L2 cache of 2 MB, half of one of 512 kB, in bytes: a block stays there from the scores to the sums. */
export const BLOCK_BYTES = 1 << 18;

/**
 * Plain JavaScript, float64 arithmetic on float32 features.
 *
 * Both products work on tiles of 4 rows × 2 columns: 8 multiply-adds for 6 (scores) or 8 (accumulate) array accesses,
 * which is what V8's scalar code is bound by, and few enough live numbers to stay in registers.
 */
export function plainProducts(source: Rows): Products {
  const d = source.columns;
  let v: Float64Array = new Float64Array(0);
  let g = v;
  let count = 0;
  return {
    blockRows: Math.max(4, (BLOCK_BYTES / (4 * Math.max(1, d))) & ~3),
    begin(vectors, columns) {
      v = vectors;
      count = columns;
      g = new Float64Array(count * d);
    },
    scores(first, rows, out) {
      const x = source.block(first, rows);
      let i = 0;
      for (; i + 4 <= rows; i += 4) {
        let c = 0;
        for (; c + 2 <= count; c += 2) scores4x2(x, i * d, d, v, c * d, out, c * rows + i, rows);
        if (c < count) scores4x1(x, i * d, d, v, c * d, out, c * rows + i);
      }
      for (; i < rows; i++) {
        for (let c = 0; c < count; c++) out[c * rows + i] = dotRow(x, i * d, d, v, c * d);
      }
    },
    accumulate(first, rows, r) {
      const x = source.block(first, rows);
      let i = 0;
      for (; i + 4 <= rows; i += 4) {
        let c = 0;
        for (; c + 2 <= count; c += 2) accumulate4x2(x, i * d, d, r, c * rows + i, rows, g, c * d);
        if (c < count) accumulate4x1(x, i * d, d, r, c * rows + i, g, c * d);
      }
      for (; i < rows; i++) {
        for (let c = 0; c < count; c++) addRow(x, i * d, d, r[c * rows + i], g, c * d);
      }
    },
    end(out) {
      out.set(g);
    },
  };
}

function scores4x2(
  x: Float32Array,
  at: number,
  d: number,
  v: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
  rows: number,
): void {
  const [x1, x2, x3, v1] = [at + d, at + 2 * d, at + 3 * d, from + d];
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let j = 0; j < d; j++) {
    const p = v[from + j];
    const q = v[v1 + j];
    const s = x[at + j];
    const t = x[x1 + j];
    a0 += s * p;
    b0 += s * q;
    a1 += t * p;
    b1 += t * q;
    const u = x[x2 + j];
    const w = x[x3 + j];
    a2 += u * p;
    b2 += u * q;
    a3 += w * p;
    b3 += w * q;
  }
  out[to] = a0;
  out[to + 1] = a1;
  out[to + 2] = a2;
  out[to + 3] = a3;
  out[to + rows] = b0;
  out[to + rows + 1] = b1;
  out[to + rows + 2] = b2;
  out[to + rows + 3] = b3;
}

function scores4x1(
  x: Float32Array,
  at: number,
  d: number,
  v: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
): void {
  const [x1, x2, x3] = [at + d, at + 2 * d, at + 3 * d];
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  for (let j = 0; j < d; j++) {
    const p = v[from + j];
    a0 += x[at + j] * p;
    a1 += x[x1 + j] * p;
    a2 += x[x2 + j] * p;
    a3 += x[x3 + j] * p;
  }
  out[to] = a0;
  out[to + 1] = a1;
  out[to + 2] = a2;
  out[to + 3] = a3;
}

function dotRow(x: Float32Array, at: number, d: number, v: Float64Array, from: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += x[at + j] * v[from + j];
  return sum;
}

function accumulate4x2(
  x: Float32Array,
  at: number,
  d: number,
  r: Float64Array,
  from: number,
  rows: number,
  g: Float64Array,
  to: number,
): void {
  const [x1, x2, x3, g1] = [at + d, at + 2 * d, at + 3 * d, to + d];
  const [a0, a1, a2, a3] = [r[from], r[from + 1], r[from + 2], r[from + 3]];
  const [b0, b1, b2, b3] = [r[from + rows], r[from + rows + 1], r[from + rows + 2], r[from + rows + 3]];
  for (let j = 0; j < d; j++) {
    const s = x[at + j];
    const t = x[x1 + j];
    const u = x[x2 + j];
    const w = x[x3 + j];
    g[to + j] += s * a0 + t * a1 + (u * a2 + w * a3);
    g[g1 + j] += s * b0 + t * b1 + (u * b2 + w * b3);
  }
}

function accumulate4x1(
  x: Float32Array,
  at: number,
  d: number,
  r: Float64Array,
  from: number,
  g: Float64Array,
  to: number,
): void {
  const [x1, x2, x3] = [at + d, at + 2 * d, at + 3 * d];
  const [a0, a1, a2, a3] = [r[from], r[from + 1], r[from + 2], r[from + 3]];
  for (let j = 0; j < d; j++) {
    g[to + j] += x[at + j] * a0 + x[x1 + j] * a1 + (x[x2 + j] * a2 + x[x3 + j] * a3);
  }
}

function addRow(x: Float32Array, at: number, d: number, scale: number, g: Float64Array, to: number): void {
  if (scale === 0) return;
  for (let j = 0; j < d; j++) g[to + j] += x[at + j] * scale;
}
