import type { Bends, HingeProducts } from '../products/products.js';
import { shareOf, type Targets } from '../rows/targets.js';
import type { Design, Passes } from './design.js';
import { FIRM, hingeBias } from './freeBias.js';
import type { Objective } from './newton.js';
import type { Query } from './query.js';
import { gapOf, noiseOf, scaleOf } from './stopping.js';

/**
 * The primal L2-SVM of each class against the rest, over the design A:
 *
 *   f(w) = ½‖w‖² + Σᵢ [pᵢ max(0, 1 − zᵢ)² + qᵢ max(0, 1 + zᵢ)²],   z = A·w
 *
 * with pᵢ = C·cᵢ on the class's own rows and qᵢ = C·cᵢ on the others; for a soft label both are above 0. The gradient
 * is w + Aᵀr, the generalised Hessian I + Aᵀ D A with D = 2p [z < 1] + 2q [z > −1] (Keerthi & DeCoste, 2005).
 *
 * @param targets - Targets of n rows.
 */
export function squaredHinge(targets: Targets, n: number): (design: Design, passes: Passes) => Objective {
  const masses = massesOf(targets, n);
  let own: Bends | undefined;
  /** Second derivatives for fits whose products don't store them. */
  const ownBends = (): Bends => {
    own ??= { data: new Float32Array(targets.k * n), stride: 1, offset: (problem) => problem * n };
    return own;
  };
  return (design, passes) => hingeObjective(design, targets, masses, passes, ownBends);
}

function hingeObjective(
  design: Design,
  targets: Targets,
  masses: ReturnType<typeof massesOf>,
  { exact, every }: Passes,
  ownBends: () => Bends,
): Objective {
  const { size } = design;
  const { k } = targets;
  /** Σ D of each problem at its last point, over rows whose margin is far enough from 1. */
  const firm = new Float64Array(k);
  const vectors = new Float64Array(k * size);
  const sums = new Float64Array(k * size);
  const fast = design.hinge?.(targets);
  /** D of each problem at its last point. */
  const bendsNow = () => fast?.bends() ?? ownBends();

  /** Answers queries by the squared hinge passes of the products. */
  async function answerFast(queries: readonly Query[], hinge: HingeProducts, exactly: boolean): Promise<void> {
    const found = await design.hingePass(vectors, queries, hinge, sums, { exact: exactly, every });
    for (const [c, { problem, kind }] of queries.entries()) {
      if (kind === 'point') firm[problem] = found[c].firm;
    }
    finish(
      queries,
      found.map(({ loss }) => loss),
    );
  }

  async function answerAny(queries: readonly Query[]): Promise<void> {
    const losses = new Float64Array(queries.length);
    const points = queries.filter(({ kind }) => kind === 'point');
    for (const { problem } of points) firm[problem] = 0;
    await design.pass(
      vectors,
      queries.length,
      (scores, first, rows) => {
        const bends = bendsNow();
        for (const [c, { problem, kind }] of queries.entries()) {
          if (kind === 'point') losses[c] += hinge(scores, c * rows, rows, problem, first, targets, bends, firm);
          else bend(scores, c * rows, rows, bends.data, bends.offset(problem) + first * bends.stride, bends.stride);
        }
      },
      sums,
      { exact: exact && points.length > 0, every },
    );
    finish(queries, losses);
  }

  function finish(queries: readonly Query[], losses: ArrayLike<number>): void {
    for (const [c, query] of queries.entries()) {
      const { vector, out } = query;
      for (let j = 0; j < size; j++) out[j] = every * sums[c * size + j];
      query.value = every * losses[c] + design.penalise(vector, out) / 2;
    }
  }

  return {
    problems: k,
    size,
    fused: fast !== undefined,

    async answer(queries) {
      const rounded = fast ? queries.filter(({ kind }) => !exact || kind === 'direction') : [];
      const others = fast ? queries.filter(({ kind }) => exact && kind === 'point') : queries;
      for (const part of [rounded, others]) {
        if (part.length === 0) continue;
        part.forEach(({ vector }, c) => {
          vectors.set(vector, c * size);
        });
        const inFloat64 = part !== rounded;
        await (fast && (fast.exact || !inFloat64) ? answerFast(part, fast, inFloat64) : answerAny(part));
      }
    },

    precondition(problem) {
      const own = (out: Float32Array) => addBends(bendsNow(), problem, every, out.fill(0));
      // On part of the rows, where passes cost little, one Hessian for all problems saves more than it slows down.
      if (every === 1 || k <= 2) return design.precondition(problem, own);
      return design.precondition(problem, own, (out) => {
        out.fill(0);
        for (let c = 0; c < k; c++) addBends(bendsNow(), c, every / k, out);
      });
    },

    gap({ problem, point, value, gradient }) {
      // At the optimum of a free bias, some row of each side has a margin below 1. So the bias is within 1 of −w·x of
      // some row, and ½‖w‖² is below the value.
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
function massesOf({ k, weights, own, rest, labels, shares }: Targets, n: number) {
  /** Σ weight of the rows, or shares of rows, of each class. */
  const within = new Float64Array(k);
  let total = 0;
  for (let i = 0; i < n; i++) {
    total += weights[i];
    if (!shares) within[labels[i]] += weights[i];
    else for (let c = 0; c < k; c++) within[c] += weights[i] * shares[c * n + i];
  }
  return { own: within.map((mass, c) => own[c] * mass), rest: within.map((mass, c) => rest[c] * (total - mass)) };
}

/** Adds one problem's second derivatives, times `factor`, to a number for each row. */
function addBends({ data, offset, stride }: Bends, problem: number, factor: number, out: Float32Array): void {
  const at = offset(problem);
  for (let i = 0; i < out.length; i++) out[i] += factor * data[at + i * stride];
}

/** The minimum with zero weights: that of P (1 − b)² + Q (1 + b)² + ½ cost · b², or P + Q if there is no bias. */
function constantModel(P: number, Q: number, cost: number): number {
  if (cost === Number.POSITIVE_INFINITY) return P + Q;
  const b = (2 * (P - Q)) / (2 * (P + Q) + cost);
  return P * (1 - b) ** 2 + Q * (1 + b) ** 2 + (cost * b * b) / 2;
}

/** Multiplies scores by the second derivatives. */
function bend(scores: Float64Array, from: number, rows: number, bends: Float32Array, at: number, stride: number): void {
  for (let i = 0; i < rows; i++) scores[from + i] *= bends[at + i * stride];
}

/**
 * Replaces one problem's scores by the derivatives of the loss, stores its second derivatives, sums those of rows with
 * a clear margin, and returns the sum of the loss.
 */
function hinge(
  scores: Float64Array,
  from: number,
  rows: number,
  problem: number,
  first: number,
  targets: Targets,
  { data: bends, offset, stride }: Bends,
  firm: Float64Array,
): number {
  const { weights, own, rest } = targets;
  const n = weights.length;
  const at = offset(problem) + first * stride;
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
    bends[at + i * stride] = 2 * (p + q);
    firm[problem] += 2 * ((below > FIRM ? p : 0) + (above > FIRM ? q : 0));
  }
  return loss;
}
