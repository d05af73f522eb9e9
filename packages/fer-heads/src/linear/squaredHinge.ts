import type { Objective } from '../newton/newton.js';
import type { Query } from '../newton/query.js';
import type { ActiveSides, HingeProducts } from '../products/products.js';
import { shareOf, type Targets } from '../rows/targets.js';
import type { Design, Passes } from './design.js';
import { FIRM, hingeBias } from './freeBias.js';
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
  let own: ActiveSides | undefined;
  /** Active sides for fits whose products don't note them. */
  const ownSides = (): ActiveSides => {
    const group = (problem: number) => 2 * n * Math.floor(problem / 8);
    own ??= { data: new Uint8Array(group(targets.k + 7)), offset: group };
    return own;
  };
  return (design, passes) => hingeObjective(design, targets, masses, passes, ownSides);
}

function hingeObjective(
  design: Design,
  targets: Targets,
  masses: ReturnType<typeof massesOf>,
  { exact, every }: Passes,
  ownSides: () => ActiveSides,
): Objective {
  const { size } = design;
  const { k } = targets;
  /** Σ D of each problem at its last point, over rows whose margin is far enough from 1. */
  const firm = new Float64Array(k);
  const vectors = new Float64Array(k * size);
  const sums = new Float64Array(k * size);
  const fast = design.hinge?.(targets);
  /** The active sides of each problem at its last point, which decide D there. */
  const sidesNow = () => fast?.active() ?? ownSides();

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
        const active = sidesNow();
        for (const [c, { problem, kind }] of queries.entries()) {
          const block = { scores: scores.subarray(c * rows, (c + 1) * rows), problem, first };
          if (kind === 'point') losses[c] += hinge(block, targets, active, firm);
          else bend(block, targets, active);
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
      const own = (out: Float32Array) => addBends(targets, sidesNow(), problem, every, out.fill(0));
      // On part of the rows, where passes cost little, one Hessian for all problems saves more than it slows down.
      if (every === 1 || k <= 2) return design.precondition(problem, own);
      const common = (out: Float32Array) => {
        out.fill(0);
        for (let c = 0; c < k; c++) addBends(targets, sidesNow(), c, every / k, out);
      };
      return design.precondition(problem, own, { common });
    },

    gap({ problem, point, value, gradient, ended }) {
      // At the optimum of a free bias, some row of each side has a margin below 1. So the bias is within 1 of −w·x of
      // some row, and ½‖w‖² is below the value.
      const reach = design.freeBias ? Math.abs(point[size - 1]) + 1 + Math.sqrt(2 * value) * design.radius : 0;
      const mass = 2 * (masses.own[problem] + masses.rest[problem]);
      const found = design.sizeOf(gradient, ended ? noiseOf(mass, design.termsOf(point)) : 0);
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

/** The second derivative of a row's loss, given the problem's bit and the row's active sides. */
function bendAt(targets: Targets, row: number, problem: number, bit: number, under: number, over: number): number {
  if (((under | over) & bit) === 0) return 0;
  const { weights, own, rest } = targets;
  const share = shareOf(targets, weights.length, row, problem);
  return 2 * weights[row] * ((under & bit ? own[problem] * share : 0) + (over & bit ? rest[problem] * (1 - share) : 0));
}

/** Adds one problem's second derivatives, times `factor`, to a number for each row. */
function addBends(
  targets: Targets,
  { data, offset }: ActiveSides,
  problem: number,
  factor: number,
  out: Float32Array,
): void {
  const at = offset(problem);
  const bit = 1 << (problem % 8);
  for (let i = 0; i < out.length; i++) {
    out[i] += factor * bendAt(targets, i, problem, bit, data[at + 2 * i], data[at + 2 * i + 1]);
  }
}

/** The minimum with zero weights: that of P (1 − b)² + Q (1 + b)² + ½ cost · b², or P + Q if there is no bias. */
function constantModel(P: number, Q: number, cost: number): number {
  if (cost === Number.POSITIVE_INFINITY) return P + Q;
  const b = (2 * (P - Q)) / (2 * (P + Q) + cost);
  return P * (1 - b) ** 2 + Q * (1 + b) ** 2 + (cost * b * b) / 2;
}

/** The scores of one problem in a block of rows. */
interface BlockScores {
  readonly scores: Float64Array;
  readonly problem: number;
  /** The block's first row. */
  readonly first: number;
}

/** Multiplies scores by the second derivatives. */
function bend({ scores, problem, first }: BlockScores, targets: Targets, { data, offset }: ActiveSides): void {
  const at = offset(problem) + 2 * first;
  const bit = 1 << (problem % 8);
  for (let i = 0; i < scores.length; i++) {
    scores[i] *= bendAt(targets, first + i, problem, bit, data[at + 2 * i], data[at + 2 * i + 1]);
  }
}

/**
 * Replaces one problem's scores by the derivatives of the loss, notes the active sides, sums the second derivatives of
 * rows with a clear margin, and returns the sum of the loss.
 */
function hinge(
  { scores, problem, first }: BlockScores,
  targets: Targets,
  { data, offset }: ActiveSides,
  firm: Float64Array,
): number {
  const { weights, own, rest } = targets;
  const n = weights.length;
  const at = offset(problem) + 2 * first;
  const bit = 1 << (problem % 8);
  let loss = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i];
    const below = 1 - score;
    const above = 1 + score;
    const share = shareOf(targets, n, first + i, problem);
    const p = below > 0 ? weights[first + i] * own[problem] * share : 0;
    const q = above > 0 ? weights[first + i] * rest[problem] * (1 - share) : 0;
    loss += p * below * below + q * above * above;
    scores[i] = 2 * (q * above - p * below);
    const [under, over] = [at + 2 * i, at + 2 * i + 1];
    data[under] = p > 0 ? data[under] | bit : data[under] & ~bit;
    data[over] = q > 0 ? data[over] | bit : data[over] & ~bit;
    firm[problem] += 2 * ((below > FIRM ? p : 0) + (above > FIRM ? q : 0));
  }
  return loss;
}
