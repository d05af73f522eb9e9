import { conjugateGradients } from './conjugateGradients.js';
import type { Preconditioner } from './preconditioner.js';
import type { Query } from './query.js';
import { dot, goAlong } from './vectors.js';

/** Several independent smooth convex problems of equal size, evaluated together. */
export interface Objective {
  readonly problems: number;
  /** Number of variables of each problem. */
  readonly size: number;
  /** Whether the products compute the loss as well, in one pass in float32. */
  readonly fused: boolean;
  /** Answers at most one query per problem. */
  answer(queries: readonly Query[]): Promise<void>;
  /** Returns an approximate inverse of the Hessian at the problem's last point. */
  precondition(problem: number): Preconditioner;
  /**
   * Returns an upper bound of f − f*, the distance of the value at a point from the minimum, given the gradient there.
   */
  gap(place: Place): number;
  /**
   * The scale that a gap is compared with: a lower bound of the distance between the minimum and the value of the best
   * model that ignores the features, or the value itself if that is smaller.
   */
  scale(place: Place): number;
}

/** A point of one problem. */
export interface Place {
  readonly problem: number;
  readonly point: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  /**
   * Whether the search has ended without a certain solution. Only then do gradient components below their own rounding
   * error count as 0.
   */
  readonly ended?: boolean;
}

/** The point where a problem starts or ended. */
export interface Start {
  readonly point: Float64Array;
  /** The preconditioner of the first step, if there is one already. */
  readonly preconditioner?: Preconditioner | undefined;
  /** The other vectors of an ended search, for the next one to overwrite. */
  readonly spare?: readonly Float64Array[] | undefined;
}

/** Options of {@link minimise}, all resolved. */
export interface NewtonOptions {
  /**
   * Whether values and gradients are computed in float64. If not, the search ends at steps that float32 can't judge.
   */
  readonly exact: boolean;
  /**
   * Whether points are evaluated only when every running problem asks for one, for objectives whose passes are faster
   * with directions alone.
   */
  readonly together: boolean;
  /** A problem is solved when its gap is at most this fraction of its scale. */
  readonly tolerance: number;
  /** Limit on the Newton steps of each problem. */
  readonly maxIterations: number;
  /** Called when the problem that is furthest ahead has taken another step. */
  readonly onIteration?: ((iteration: number, value: number, gradient: number) => void) | undefined;
}

/** Where one problem ended. */
export interface Minimum extends Start {
  readonly value: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Progress of one problem, which its generator updates and the caller reads. */
interface Trace {
  iterations: number;
  value: number;
  gradient: number;
  firstGradient: number;
}

/**
 * Minimises every problem of an objective by truncated Newton steps: preconditioned conjugate gradients (Hsia, Chiang &
 * Lin, 2018), then a backtracking line search (Galli & Lin, 2021).
 *
 * Each problem advances independently. The value or Hessian product that it needs next is computed in the next pass. So
 * no class waits for the conjugate gradients of another, and solved classes take no more time.
 *
 * @param starts - One for each problem. Their points are not modified.
 */
export async function minimise(
  objective: Objective,
  starts: readonly Start[],
  options: NewtonOptions,
): Promise<Minimum[]> {
  const traces: Trace[] = starts.map(() => ({ iterations: 0, value: 0, gradient: 0, firstGradient: 0 }));
  const runs = starts.map((start, problem) => newton(objective, problem, start, options, traces[problem]));
  const minima = new Array<Minimum>(runs.length);
  let asked = new Map<number, Query>();
  const resume = (problem: number, queries: Map<number, Query>) => {
    const next = runs[problem].next();
    if (next.done) minima[problem] = next.value;
    else queries.set(problem, next.value);
  };
  for (let problem = 0; problem < runs.length; problem++) resume(problem, asked);
  let iteration = 0;
  while (asked.size > 0) {
    const all = [...asked.values()];
    const directions = options.together ? all.filter(({ kind }) => kind === 'direction') : [];
    const answered = directions.length > 0 ? directions : all;
    await objective.answer(answered);
    const queries = new Map(asked);
    for (const { problem } of answered) {
      queries.delete(problem);
      resume(problem, queries);
    }
    asked = queries;
    const furthest = Math.max(...traces.map((trace) => trace.iterations));
    if (furthest > iteration) {
      iteration = furthest;
      const value = traces.reduce((sum, trace) => sum + trace.value, 0);
      const ratio = traces.map(({ gradient, firstGradient }) => (firstGradient > 0 ? gradient / firstGradient : 0));
      options.onIteration?.(iteration, value, Math.max(...ratio));
    }
  }
  return minima;
}

/** A step is probably among the last if its predicted decrease is below this times the allowed gap. */
const NEAR = 300;
/**
 * The residual of the last step is reduced by this factor more than needed, because the Hessian changes a little during
 * the step.
 */
const MARGIN = 4;
/**
 * `rounding`: two values that differ by less than this fraction can't be told apart. `patience`: after this many steps
 * without a smaller gap, the search has probably reached rounding accuracy.
 */
const LIMITS = {
  exact: { rounding: 1e-11, patience: 6 },
  rounded: { rounding: 1e-6, patience: 0 },
};

/** The rounding error of a value in float64, relative to it. */
const EPSILON = 1e-14;

/** Solves one problem, as a coroutine that yields its queries. */
function* newton(
  objective: Objective,
  problem: number,
  start: Start,
  { exact, tolerance, maxIterations }: NewtonOptions,
  trace: Trace,
): Generator<Query, Minimum, void> {
  const { size } = objective;
  const { rounding, patience } = exact ? LIMITS.exact : LIMITS.rounded;
  const room = start.spare ?? Array.from({ length: 9 }, () => new Float64Array(size));
  let [gradient, trial, trialGradient] = room;
  const [, , , scaled, ...work] = room;
  let point: Float64Array = start.point.slice();
  let { preconditioner } = start;
  const end = (converged: boolean): Minimum => {
    const spare = [gradient, trial, trialGradient, scaled, ...work];
    return { point, value, iterations, converged, preconditioner, spare };
  };
  let products = 0;
  let value = yield* evaluate(problem, point, gradient);
  const norm = Math.sqrt(dot(gradient, gradient));
  Object.assign(trace, { value, gradient: norm, firstGradient: norm });
  let firstLength = 0;
  let iterations = 0;
  let least = Number.POSITIVE_INFINITY;
  let since = 0;
  /** By how much the last step has lowered the value. */
  let gained = Number.POSITIVE_INFINITY;
  /** By how much the last Newton step was to lower the value. */
  let predicted = Number.POSITIVE_INFINITY;
  for (;;) {
    const place = { problem, point, value, gradient };
    const gap = objective.gap(place);
    const allowed = tolerance * objective.scale(place);
    if (gap <= allowed) return end(true);
    since = gap < least / 2 ? 0 : since + 1;
    least = Math.min(least, gap);
    if (iterations >= maxIterations || !Number.isFinite(value)) break;

    if (!preconditioner || products >= preconditioner.lifetime) {
      preconditioner = objective.precondition(problem);
      products = 0;
    }
    preconditioner.apply(gradient, scaled);
    const length0 = Math.sqrt(dot(gradient, scaled));
    if (firstLength === 0) firstLength = length0;
    const at = point;
    const here = value;
    const {
      step,
      decrease,
      iterations: spent,
    } = yield* conjugateGradients(
      problem,
      gradient,
      preconditioner,
      {
        fraction: Math.min(0.25, Math.sqrt(length0 / firstLength)),
        near: NEAR * allowed,
        enough: (residual) =>
          MARGIN * objective.gap({ problem, point: at, value: here, gradient: residual }) <= allowed,
      },
      work,
    );
    products += spent;
    // Below the rounding of the value, the line search can only use slopes, which may be wrong for a few steps.
    const indistinct = rounding * Math.abs(value);
    predicted = decrease;
    if (since >= patience && Math.min(decrease, gained) <= indistinct) break;
    const slope = dot(gradient, step);
    let length = 1;
    let found = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 30; tries++) {
      goAlong(point, length, step, trial);
      found = yield* evaluate(problem, trial, trialGradient);
      if (found <= value + 1e-4 * length * slope) break;
      // If rounding hides the difference of the values, the slope decides (Hager & Zhang, 2005): a convex function that
      // isn't rising by much has decreased.
      if (Math.abs(found - value) <= indistinct && dot(trialGradient, step) <= -0.5 * slope) break;
      // The minimum of the parabola through f(0), f′(0) and f(length), within limits.
      const bend = found - value - length * slope;
      const best = (-slope * length) / (2 * bend);
      length *= Number.isFinite(best) ? Math.min(0.5, Math.max(0.1, best)) : 0.1;
      found = Number.POSITIVE_INFINITY;
    }
    if (!Number.isFinite(found)) break;
    [point, trial, gradient, trialGradient] = [trial, point, trialGradient, gradient];
    gained = value - found;
    value = found;
    iterations++;
    Object.assign(trace, { iterations, value, gradient: Math.sqrt(dot(gradient, gradient)) });
  }
  const place = { problem, point, value, gradient, ended: true };
  const allowed = tolerance * objective.scale(place);
  return end(objective.gap(place) <= allowed && predicted <= Math.max(allowed, EPSILON * Math.abs(value)));
}

function* evaluate(problem: number, vector: Float64Array, out: Float64Array): Generator<Query, number, void> {
  const query: Query = { problem, kind: 'point', vector, out, value: 0 };
  yield query;
  return query.value;
}
