import type { Preconditioner } from '../newton/preconditioner.js';
import { dot } from '../newton/vectors.js';

/** The matrix weight · vector vectorᵀ. */
export interface RankOne {
  readonly vector: Float64Array;
  /** At least 0. */
  readonly weight: number;
}

/**
 * A damped part of the Hessian's diagonal (Hsia, Chiang & Lin, 2018), plus a rank-one matrix, which is inverted exactly
 * by the Sherman-Morrison formula. Hsia et al. take 1 % of the diagonal, on sparse text. On synthetic dense, correlated
 * activations (28,709 × 1,024), the SVM took 129, 99 and 111 passes at C = 1e-3 with 1, 10 and 30 %, and 198, 196 and
 * 217 at C = 0.1.
 *
 * @param regularised - How many variables, from the first, have 1 added to the Hessian's diagonal.
 */
export function dampedDiagonal(diagonal: Float64Array, regularised = diagonal.length, more?: RankOne): Preconditioner {
  // The identity of ½‖w‖² is not damped. A bias without a penalty has none.
  const inverse = diagonal.map((h, j) => (j < regularised ? 1 / (0.9 + 0.1 * h) : 1 / (h || 1)));
  let applied: Float64Array | undefined;
  let factor = 0;
  if (more && more.weight > 0) {
    applied = more.vector.map((value, j) => value * inverse[j]);
    factor = more.weight / (1 + more.weight * dot(more.vector, applied));
  }
  return {
    lifetime: 16,
    apply(r, out) {
      const along = applied ? factor * dot(applied, r) : 0;
      for (let j = 0; j < r.length; j++) out[j] = r[j] * inverse[j] - (applied ? along * applied[j] : 0);
    },
  };
}
