import type { Preconditioner } from './preconditioner.js';
import type { Query } from './query.js';
import { dot, goAlong } from './vectors.js';

/** Stopping criteria of {@link conjugateGradients}. */
export interface Forcing {
  /**
   * Stop when the decrease of q in one step is at most this fraction of the average decrease per step (Nash & Sofer).
   */
  readonly fraction: number;
  /**
   * If the total decrease of q is at most this, the current Newton step is probably the last. The iteration then
   * continues until `enough` holds, so that the next gradient certifies the solution and no further Newton step is
   * needed.
   */
  readonly near: number;
  /** Whether a gradient of this value would certify the solution. */
  enough(residual: Float64Array): boolean;
}

/** The result of {@link conjugateGradients}. */
export interface NewtonStep {
  readonly step: Float64Array;
  /** −q(step): the decrease that the quadratic model predicts. */
  readonly decrease: number;
  /** The number of Hessian products. */
  readonly iterations: number;
}

/** Five work vectors of {@link conjugateGradients}. The returned step is one of them. */
export type Work = readonly Float64Array[];

/** Limit on the products of the last Newton step, given those that the usual stopping rule took. */
const LAST_ROUND = { factor: 4, plus: 10 };

/**
 * Approximately minimises the quadratic model q(s) = g·s + ½ s·H·s by preconditioned conjugate gradients, with the
 * stopping rule of Nash & Sofer (Assessing a Search Direction within a Truncated-Newton Method, 1990). Yields a query
 * for each Hessian product.
 */
export function* conjugateGradients(
  problem: number,
  gradient: Float64Array,
  preconditioner: Pick<Preconditioner, 'apply'>,
  { fraction, near, enough }: Forcing,
  [step, residual, scaled, direction, product]: Work,
): Generator<Query, NewtonStep, void> {
  const size = gradient.length;
  step.fill(0);
  goAlong(step, -1, gradient, residual);
  preconditioner.apply(residual, scaled);
  direction.set(scaled);
  const query: Query = { problem, kind: 'direction', vector: direction, out: product, value: 0 };
  let rho = dot(residual, direction);
  let decrease = 0;
  let iterations = 0;
  /** The most products to compute. */
  let most = Math.max(size, 5);
  let last = false;
  while (iterations < most) {
    yield query;
    iterations++;
    const curvature = dot(direction, product);
    if (!(curvature > 0)) break;
    const length = rho / curvature;
    const next = advance(length, direction, product, gradient, step, residual);
    const more = next - decrease;
    if (!(more > 0)) break;
    decrease = next;
    if (last) {
      if (enough(residual)) break;
    } else if (iterations * more <= fraction * decrease) {
      if (decrease > near || enough(residual)) break;
      last = true;
      most = Math.min(most, LAST_ROUND.factor * iterations + LAST_ROUND.plus);
    }
    preconditioner.apply(residual, scaled);
    const rhoNext = dot(residual, scaled);
    const beta = rhoNext / rho;
    goAlong(scaled, beta, direction, direction);
    rho = rhoNext;
  }
  return { step, decrease, iterations };
}

/**
 * Goes along a direction, updates the residual, and returns the decrease of q so far. Kept apart from the generator, as
 * the loops below: V8 hardly optimises loops in generators, and then allocates memory for each number.
 */
function advance(
  length: number,
  direction: Float64Array,
  product: Float64Array,
  gradient: Float64Array,
  step: Float64Array,
  residual: Float64Array,
): number {
  let decrease = 0;
  for (let j = 0; j < step.length; j++) {
    step[j] += length * direction[j];
    residual[j] -= length * product[j];
    decrease += step[j] * (residual[j] - gradient[j]);
  }
  return decrease / 2;
}
