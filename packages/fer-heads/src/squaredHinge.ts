import type { Design } from './design.js';
import type { Objective } from './newton.js';
import type { Targets } from './targets.js';

/**
 * The primal L2-SVM of each class against the rest, over the design A:
 *
 *   f(w) = ½‖w‖² + Σᵢ [pᵢ max(0, 1 − zᵢ)² + qᵢ max(0, 1 + zᵢ)²],   z = A·w
 *
 * with pᵢ = C·cᵢ on the class's own rows and qᵢ = C·cᵢ on the others; a soft label has some of both. Its gradient is
 * w + Aᵀr, its generalised Hessian I + Aᵀ D A with D = 2p [z < 1] + 2q [z > −1] (Keerthi & DeCoste, 2005).
 *
 * @param every - Estimates the sums over rows from each so-manieth block of them.
 */
export function squaredHinge(design: Design, { k, positive, negative }: Targets, every = 1): Objective {
  const { rows: n, size, regularised } = design;
  /** k × n: D of each problem at its last point. */
  const bends = new Float64Array(k * n);
  return {
    problems: k,
    size,
    convexity: regularised === size ? 1 : 0,

    async answer(queries) {
      const count = queries.length;
      const v = new Float64Array(count * size);
      for (let c = 0; c < count; c++) v.set(queries[c].vector, c * size);
      const out = new Float64Array(count * size);
      const losses = new Float64Array(count);
      await design.pass(
        v,
        count,
        (scores, first, rows) => {
          for (let c = 0; c < count; c++) {
            const at = queries[c].problem * n + first;
            const column = scores.subarray(c * rows, (c + 1) * rows);
            if (queries[c].kind === 'direction') {
              for (let i = 0; i < rows; i++) column[i] *= bends[at + i];
            } else {
              losses[c] += hinge(column, positive, negative, bends, at);
            }
          }
        },
        out,
        { exact: queries.some(({ kind }) => kind === 'point'), every },
      );
      for (let c = 0; c < count; c++) {
        const { vector, out: answer } = queries[c];
        let square = 0;
        for (let j = 0; j < size; j++) answer[j] = every * out[c * size + j];
        for (let j = 0; j < regularised; j++) {
          answer[j] += vector[j];
          square += vector[j] * vector[j];
        }
        queries[c].value = every * losses[c] + square / 2;
      }
    },

    precondition(problem) {
      return design.precondition(problem, (row) => every * bends[problem * n + row]);
    },
  };
}

/** Replaces scores by the derivatives of the loss, notes its second derivatives, and returns its sum. */
function hinge(
  scores: Float64Array,
  positive: Float64Array,
  negative: Float64Array,
  bends: Float64Array,
  at: number,
): number {
  let loss = 0;
  for (let i = 0; i < scores.length; i++) {
    const below = 1 - scores[i];
    const above = 1 + scores[i];
    const p = below > 0 ? positive[at + i] : 0;
    const q = above > 0 ? negative[at + i] : 0;
    loss += p * below * below + q * above * above;
    scores[i] = 2 * (q * above - p * below);
    bends[at + i] = 2 * (p + q);
  }
  return loss;
}
