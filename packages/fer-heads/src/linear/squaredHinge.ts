import { shareOf, type Targets } from '../rows/targets.js';
import type { Design } from './design.js';
import { FIRM, hingeBias } from './freeBias.js';
import type { Objective } from './newton.js';
import { gapOf, noiseOf, scaleOf } from './stopping.js';

/**
 * The primal L2-SVM of each class against the rest, over the design A:
 *
 *   f(w) = ½‖w‖² + Σᵢ [pᵢ max(0, 1 − zᵢ)² + qᵢ max(0, 1 + zᵢ)²],   z = A·w
 *
 * with pᵢ = C·cᵢ on the class's own rows and qᵢ = C·cᵢ on the others; a soft label has some of both. Its gradient is
 * w + Aᵀr, its generalised Hessian I + Aᵀ D A with D = 2p [z < 1] + 2q [z > −1] (Keerthi & DeCoste, 2005).
 *
 * @param bends - k × n: D of each problem at its last point.
 * @param every - Estimates the sums over rows from every so-manieth block of them.
 */
export function squaredHinge(design: Design, targets: Targets, bends: Float32Array, every = 1): Objective {
  const { rows: n, size } = design;
  const { k } = targets;
  const masses = massesOf(targets, n);
  /** Σ D of each problem at its last point, over rows that are far enough from a margin of 1. */
  const firm = new Float64Array(k);
  const vectors = new Float64Array(k * size);
  const sums = new Float64Array(k * size);
  return {
    problems: k,
    size,

    async answer(queries) {
      const count = queries.length;
      for (let c = 0; c < count; c++) vectors.set(queries[c].vector, c * size);
      const losses = new Float64Array(count);
      for (const { problem, kind } of queries) if (kind === 'point') firm[problem] = 0;
      await design.pass(
        vectors,
        count,
        (scores, first, rows) => {
          for (let c = 0; c < count; c++) {
            const { problem, kind } = queries[c];
            if (kind === 'point') losses[c] += hinge(scores, c * rows, rows, problem, first, n, targets, bends, firm);
            else bend(scores, c * rows, rows, bends, problem * n + first);
          }
        },
        sums,
        { exact: queries.some(({ kind }) => kind === 'point'), every },
      );
      for (let c = 0; c < count; c++) {
        const { vector, out: answer } = queries[c];
        for (let j = 0; j < size; j++) answer[j] = every * sums[c * size + j];
        queries[c].value = every * losses[c] + design.penalise(vector, answer) / 2;
      }
    },

    precondition(problem) {
      return design.precondition(problem, (row) => every * bends[problem * n + row]);
    },

    gap({ problem, point, value, gradient }) {
      // At the optimum of a free bias some row of each side has a margin below 1, so that the bias is within 1 of −w·x
      // of some row, and ½‖w‖² is below the value.
      const reach = design.freeBias ? Math.abs(point[size - 1]) + 1 + Math.sqrt(2 * value) * design.radius : 0;
      const mass = 2 * (masses.own[problem] + masses.rest[problem]);
      const found = design.sizeOf(gradient, noiseOf(mass, design.termsOf(point)));
      return gapOf(found, reach, hingeBias(found.bias, every * firm[problem], mass, design.radius));
    },

    scale(place) {
      const constant = constantModel(masses.own[place.problem], masses.rest[place.problem], design.biasCost);
      return scaleOf(place, this.gap(place), design.weightSquare(place.point), constant);
    },
  };
}

/** Σ p and Σ q of each problem. */
function massesOf({ k, weights, own, rest, ...targets }: Targets, n: number) {
  const masses = { own: new Float64Array(k), rest: new Float64Array(k) };
  for (let c = 0; c < k; c++) {
    for (let i = 0; i < n; i++) {
      const share = shareOf(targets, n, i, c);
      masses.own[c] += weights[i] * own[c] * share;
      masses.rest[c] += weights[i] * rest[c] * (1 - share);
    }
  }
  return masses;
}

/** The least value without weights: P (1 − b)² + Q (1 + b)² + ½ cost · b², or P + Q where there is no bias. */
function constantModel(P: number, Q: number, cost: number): number {
  if (cost === Number.POSITIVE_INFINITY) return P + Q;
  const b = (2 * (P - Q)) / (2 * (P + Q) + cost);
  return P * (1 - b) ** 2 + Q * (1 + b) ** 2 + (cost * b * b) / 2;
}

/** Replaces scores by the Hessian's. */
function bend(scores: Float64Array, from: number, rows: number, bends: Float32Array, at: number): void {
  for (let i = 0; i < rows; i++) scores[from + i] *= bends[at + i];
}

/**
 * Replaces one problem's scores by the derivatives of the loss, notes its second derivatives, adds up the firm ones, and
 * returns the sum of the loss.
 */
function hinge(
  scores: Float64Array,
  from: number,
  rows: number,
  problem: number,
  first: number,
  n: number,
  targets: Targets,
  bends: Float32Array,
  firm: Float64Array,
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
    firm[problem] += 2 * ((below > FIRM ? p : 0) + (above > FIRM ? q : 0));
  }
  return loss;
}
