import { shareOf, type Targets } from '../rows/targets.js';
import type { Design } from './design.js';
import type { Objective } from './newton.js';

/**
 * The primal L2-SVM of each class against the rest, over the design A:
 *
 *   f(w) = ½‖w‖² + Σᵢ [pᵢ max(0, 1 − zᵢ)² + qᵢ max(0, 1 + zᵢ)²],   z = A·w
 *
 * with pᵢ = C·cᵢ on the class's own rows and qᵢ = C·cᵢ on the others; a soft label has some of both. Its gradient is
 * w + Aᵀr, its generalised Hessian I + Aᵀ D A with D = 2p [z < 1] + 2q [z > −1] (Keerthi & DeCoste, 2005).
 *
 * @param bends - k × n: D of each problem at its last point.
 * @param every - Estimates the sums over rows from each so-manieth block of them.
 */
export function squaredHinge(design: Design, targets: Targets, bends: Float32Array, every = 1): Objective {
  const { rows: n, size, regularised } = design;
  const { k } = targets;
  const vectors = new Float64Array(k * size);
  const sums = new Float64Array(k * size);
  return {
    problems: k,
    size,
    convexity: regularised === size ? 1 : 0,

    async answer(queries) {
      const count = queries.length;
      for (let c = 0; c < count; c++) vectors.set(queries[c].vector, c * size);
      const losses = new Float64Array(count);
      await design.pass(
        vectors,
        count,
        (scores, first, rows) => {
          for (let c = 0; c < count; c++) {
            const { problem, kind } = queries[c];
            if (kind === 'point') losses[c] += hinge(scores, c * rows, rows, problem, first, n, targets, bends);
            else bend(scores, c * rows, rows, bends, problem * n + first);
          }
        },
        sums,
        { exact: queries.some(({ kind }) => kind === 'point'), every },
      );
      for (let c = 0; c < count; c++) {
        const { vector, out: answer } = queries[c];
        let square = 0;
        for (let j = 0; j < size; j++) answer[j] = every * sums[c * size + j];
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

/** Replaces scores by the Hessian's. */
function bend(scores: Float64Array, from: number, rows: number, bends: Float32Array, at: number): void {
  for (let i = 0; i < rows; i++) scores[from + i] *= bends[at + i];
}

/** Replaces one problem's scores by the derivatives of the loss, notes its second derivatives, and returns its sum. */
function hinge(
  scores: Float64Array,
  from: number,
  rows: number,
  problem: number,
  first: number,
  n: number,
  targets: Targets,
  bends: Float32Array,
): number {
  const { weights, own, rest } = targets;
  const at = problem * n + first;
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const score = scores[from + i];
    const below = 1 - score;
    const above = 1 + score;
    const share = shareOf(targets, n, first + i, problem);
    const p = below > 0 ? weights[first + i] * own[problem] * share : 0;
    const q = above > 0 ? weights[first + i] * rest[problem] * (1 - share) : 0;
    loss += p * below * below + q * above * above;
    scores[from + i] = 2 * (q * above - p * below);
    bends[at + i] = 2 * (p + q);
  }
  return loss;
}
