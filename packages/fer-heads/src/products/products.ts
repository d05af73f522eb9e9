import type { Rows } from '../rows/rows.js';
import type { Targets } from '../rows/targets.js';

/**
 * The two matrix products in which training spends nearly all its time, over blocks of rows of an n × d matrix X.
 *
 * Vectors are float64 and column-major: each of the `count` score columns is one contiguous run. So columns can be
 * added and removed between passes as classes converge. In passes that need not be exact, an implementation may compute
 * in float32, but it must sum across blocks in float64.
 */
export interface Products {
  /**
   * d numbers to subtract from every row in passes that aren't exact. This leaves float32 more digits for the
   * differences between rows. Exact passes don't subtract anything.
   *
   * @default no centring
   */
  readonly centre?: Float64Array;
  /**
   * How many rows to pass at a time, starting at a multiple of this number: a block stays in cache from `scores` to
   * `accumulate`.
   */
  readonly blockRows: number;
  /**
   * Starts a pass with v (count × d) and sets the sums to zero.
   *
   * @param exact - Whether scores and sums must be computed in float64, as function values and gradients need.
   */
  begin(v: Float64Array, count: number, exact: boolean): void;
  /** out[c·rows + i] = Σⱼ x[first + i][j] · v[c·d + j]. */
  scores(first: number, rows: number, out: Float64Array): void;
  /** sums[c·d + j] += Σᵢ x[first + i][j] · r[c·rows + i]. */
  accumulate(first: number, rows: number, r: Float64Array): void;
  /** Ends a pass: out = sums. */
  end(out: Float64Array): void;
  /** Squared hinge losses computed from scores to sums. Absent if the implementation has none. */
  readonly hinge?: (targets: Targets) => HingeProducts;
}

/**
 * Which sides of the squared hinge were active at each problem's last point, a bit for each of eight problems. Row i has
 * two bytes from offset(problem) + 2 · i. Bit `problem % 8` of the first is set if the score is below 1 and the row's
 * share of the class has a weight; that of the second is set if the score is above −1 and the remaining share has one.
 */
export interface ActiveSides {
  readonly data: Uint8Array;
  offset(problem: number): number;
}

/** Passes over the squared hinge losses of one fit. */
export interface HingeProducts {
  /** The sides that are active at each problem's last point. Valid until more memory is allocated. */
  active(): ActiveSides;
  /** Whether values and gradients can be computed in float64. */
  readonly exact: boolean;
  /**
   * Starts a pass with at most one query per problem. A query asks either for the value and gradient at a vector of
   * `columns` (count × d), which also notes the sides that are active there, or for the product of the Hessian with that
   * vector.
   *
   * @param bias - Added to each query's scores.
   * @param exact - Whether to compute in float64; all queries must then ask for values.
   */
  pass(
    queries: readonly { readonly problem: number; readonly kind: 'point' | 'direction' }[],
    columns: Float64Array,
    bias: Float64Array,
    exact: boolean,
  ): HingePass;
}

/** A pass of {@link HingeProducts}. */
export interface HingePass {
  /** Processes the block that starts at this row. */
  block(first: number): void;
  /** Ends the pass: out = Σ row · response. */
  end(out: Float64Array): HingeSums[];
}

/** The sums over all rows of a pass, for one query. */
export interface HingeSums {
  /** Σ responses. */
  readonly total: number;
  /** Σ losses. */
  readonly loss: number;
  /** Σ second derivatives of the rows whose margin is clearly below 1. */
  readonly firm: number;
}

/**
 * Size of a block in bytes: an eighth of an L2 cache of 2 MB, half of one of 512 kB. A block stays in L2 from the
 * scores to the sums.
 */
const BLOCK_BYTES = 1 << 18;

/** The most rows that are summed in float32 before the sums are added to float64 totals. */
export const MOST_ROWS = 1024;

/** How many rows of d features are in a block: a multiple of 4, and {@link MOST_ROWS} at most. */
export function rowsOfBlock(d: number): number {
  return Math.min(MOST_ROWS, Math.max(4, (BLOCK_BYTES / (4 * Math.max(1, d))) & ~3));
}

/**
 * Products in plain JavaScript: float64 arithmetic on float32 features.
 *
 * Both products work on tiles of 4 rows × 2 columns: 8 multiply-adds for 6 (scores) or 8 (accumulate) array accesses.
 * Array accesses limit V8's scalar code, and a tile's numbers still fit in registers.
 */
export function plainProducts(source: Rows): Products {
  const d = source.columns;
  let v: Float64Array = new Float64Array(0);
  let g = v;
  let count = 0;
  return {
    blockRows: rowsOfBlock(d),
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
