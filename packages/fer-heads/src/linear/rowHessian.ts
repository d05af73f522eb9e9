import type { Preconditioner } from '../newton/preconditioner.js';
import { dot } from '../newton/vectors.js';
import type { Gram } from '../products/gram.js';
import { holdRows } from '../products/heldRows.js';
import type { Columns } from './columnHessian.js';

/** Added to the diagonal, relative to the norms of the rows: more than float32 rounding can take away from it. */
const RIDGE = 1e-5;

/**
 * The Hessian I + BᵀB, B = √D · A, of fewer rows than columns, inverted through the products of its rows (Woodbury):
 *
 *   (I + BᵀB)⁻¹ = I − Bᵀ K⁻¹ B,  K = I + B Bᵀ
 *
 * K is summed and factored in float32. With R added to its diagonal, this is the inverse of I + Bᵀ (I + R)⁻¹ B, which
 * is positive definite. The constant column, v = constant · √D · 1, is a border of the matrix. Its Schur complement is
 * its own regularisation plus vᵀ K⁻¹ v.
 *
 * @param slot - Selects the memory to use; its former contents are overwritten.
 * @returns `undefined` if there is no room, or if the matrix is not positive definite in float32.
 */
export function rowHessian(
  gram: Gram,
  rows: ArrayLike<number>,
  weights: ArrayLike<number>,
  { mean, scale, constant, regularised }: Columns,
  slot: number | string,
): Omit<Preconditioner, 'lifetime'> | undefined {
  const { wasm } = gram;
  const s = rows.length;
  const d = mean.length;
  const held = holdRows(gram, rows, slot);
  const bytes = 2 * s * (s + 1);
  // The next rows may be twice as many.
  const at = gram.memory(`products ${slot}`, bytes, 4 * bytes);
  const vector = gram.memory('solution', 8 * s);
  if (!(held && at && vector)) return undefined;
  const roots = Float64Array.from(weights, Math.sqrt);
  const inverse = scale.map((value) => 1 / value);
  /** The mean of the scaled columns. */
  const middle = mean.map((value, j) => value * inverse[j]);
  const x = new Float64Array(s);
  held.times(
    middle.map((value, j) => value * inverse[j]),
    x,
  );
  wasm.floats(at, (s * (s + 1)) / 2).fill(0);
  held.addProducts(
    inverse.map((value) => value * value),
    at,
  );
  centre(wasm.floats(at, (s * (s + 1)) / 2), roots, x, dot(middle, middle));
  if (wasm.factor(at, s) < s) return undefined;
  const solve = (v: Float64Array) => {
    wasm.doubles(vector, s).set(v);
    wasm.solve64(at, s, vector);
    v.set(wasm.doubles(vector, s));
  };
  const border = roots.map((root) => constant * root);
  const solved = border.slice();
  solve(solved);
  const pivot = (regularised > d ? 1 : 0) + dot(border, solved);
  if (constant !== 0 && !(pivot > 0)) return undefined;
  const v = new Float64Array(d);
  return {
    apply(r, out) {
      let less = 0;
      for (let j = 0; j < d; j++) {
        v[j] = r[j] * inverse[j];
        less += r[j] * middle[j];
      }
      held.times(v, x);
      for (let t = 0; t < s; t++) x[t] = roots[t] * (x[t] - less);
      const last = constant === 0 ? 0 : (r[d] - dot(solved, x)) / pivot;
      solve(x);
      let total = 0;
      for (let t = 0; t < s; t++) {
        x[t] = roots[t] * (x[t] + last * solved[t]);
        total += x[t];
      }
      held.transposedTimes(x, v);
      for (let j = 0; j < d; j++) out[j] = r[j] - v[j] * inverse[j] + total * middle[j];
      if (constant !== 0) out[d] = last;
    },
  };
}

/**
 * Turns the products of rows of scaled columns into I + B Bᵀ.
 *
 * @param means - The products of the rows with the mean.
 * @param square - The product of the mean with itself.
 */
function centre(k: Float32Array, roots: Float64Array, means: Float64Array, square: number): void {
  for (let i = 0, at = 0; i < roots.length; i++, at++) {
    for (let j = 0; j < i; j++, at++) k[at] = roots[i] * roots[j] * (k[at] - means[i] - means[j] + square);
    const own = k[at] - 2 * means[i] + square;
    k[at] = 1 + roots[i] * roots[i] * (own + RIDGE * Math.max(own, k[at]));
  }
}
