import type { Preconditioner } from './preconditioner.js';

/**
 * What the optimiser asks of one problem. The answer is written into the query, so that many problems can be answered
 * by one pass over the data they share.
 */
export interface Query {
  /** Which of the problems, from 0. */
  readonly problem: number;
  /** `point`: the value and gradient at `vector`. `direction`: the Hessian at the problem's last point, times it. */
  readonly kind: 'point' | 'direction';
  readonly vector: Float64Array;
  /** Answer: the gradient, or the product. */
  readonly out: Float64Array;
  /** Answer to a `point`: the value there. */
  value: number;
}

/** Some independent smooth convex problems of equal size, answered together. */
export interface Objective {
  readonly problems: number;
  /** Variables of each. */
  readonly size: number;
  /** A lower bound of the eigenvalues of every Hessian: 1 where ½‖w‖² is part of the value, 0 where nothing is known. */
  readonly convexity: number;
  /** Answers at most one query a problem. */
  answer(queries: readonly Query[]): Promise<void>;
  /** About the inverse of the Hessian at the problem's last point. */
  precondition(problem: number): Preconditioner;
}

/** Options of {@link minimise}, all resolved. */
export interface NewtonOptions {
  /** A problem is solved when its value is within this fraction of the least possible one. */
  readonly tolerance: number;
  /** Newton steps of each problem. */
  readonly maxIterations: number;
  /** Called when the furthest problem has done another step. */
  readonly onIteration?: (iteration: number, value: number, gradient: number) => void;
}

/** Where one problem ended. */
export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Progress of one problem, visible from outside its generator. */
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
 * Each problem runs at its own pace: whatever it needs next, a value or a Hessian product, joins the next pass, so no
 * class waits for another's conjugate gradients and none is touched once it is solved.
 *
 * @param starts - One starting point a problem; left as they are.
 */
export async function minimise(
  objective: Objective,
  starts: readonly Float64Array[],
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
    await objective.answer([...asked.values()]);
    const queries = new Map<number, Query>();
    for (const problem of asked.keys()) resume(problem, queries);
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

/** How far ½ g·H⁻¹g must be below the tolerance, H being estimated from some of the rows at an earlier point. */
const CAUTION = 10;

/** One problem, as a coroutine that yields what it needs to know. */
function* newton(
  objective: Objective,
  problem: number,
  start: Float64Array,
  { tolerance, maxIterations }: NewtonOptions,
  trace: Trace,
): Generator<Query, Minimum, void> {
  const { size, convexity } = objective;
  let point = start.slice();
  let gradient = new Float64Array(size);
  let trial = new Float64Array(size);
  let trialGradient = new Float64Array(size);
  const work = Array.from({ length: 5 }, () => new Float64Array(size));
  const scaled = new Float64Array(size);
  let preconditioner: Preconditioner | undefined;
  let products = 0;
  let value = yield* evaluate(problem, point, gradient);
  let norm = Math.sqrt(dot(gradient, gradient));
  Object.assign(trace, { value, gradient: norm, firstGradient: norm });
  let firstLength = 0;
  let iterations = 0;
  // Strong convexity bounds the distance to the minimum from the gradient alone: f − f* ≤ ‖g‖² / 2μ. With a good H⁻¹ it
  // is near ½ g·H⁻¹g.
  const certified = () => {
    if (norm === 0 || (convexity > 0 && norm * norm <= 2 * convexity * tolerance * value)) return true;
    if (!preconditioner?.close) return false;
    preconditioner.apply(gradient, scaled);
    return (CAUTION * dot(gradient, scaled)) / 2 <= tolerance * value;
  };
  let converged = certified();
  while (!converged && iterations < maxIterations) {
    if (!preconditioner || products >= preconditioner.lifetime) {
      preconditioner = objective.precondition(problem);
      products = 0;
    }
    preconditioner.apply(gradient, scaled);
    const length0 = Math.sqrt(dot(gradient, scaled));
    if (firstLength === 0) firstLength = length0;
    const forcing = Math.min(0.25, Math.sqrt(length0 / firstLength));
    const solved = yield* conjugateGradients(problem, gradient, preconditioner, forcing, work);
    const { step, decrease, iterations: spent } = solved;
    products += spent;
    const slope = dot(gradient, step);
    let length = 1;
    let found = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 30; tries++) {
      for (let j = 0; j < size; j++) trial[j] = point[j] + length * step[j];
      found = yield* evaluate(problem, trial, trialGradient);
      if (found <= value + 1e-4 * length * slope) break;
      // The minimum of the parabola through f(0), f′(0) and f(length), kept within reason.
      const bend = found - value - length * slope;
      const best = (-slope * length) / (2 * bend);
      length *= Math.min(0.5, Math.max(0.1, best));
      found = Number.POSITIVE_INFINITY;
    }
    if (!Number.isFinite(found)) {
      // Below the rounding of the value no step can be told from noise: solved only if that was asked for.
      converged = decrease <= tolerance * value;
      break;
    }
    const gained = value - found;
    [point, trial, gradient, trialGradient] = [trial, point, trialGradient, gradient];
    value = found;
    norm = Math.sqrt(dot(gradient, gradient));
    iterations++;
    Object.assign(trace, { iterations, value, gradient: norm });
    // A step that promised and gave less than the tolerance: what is left is smaller still. Shortened ones count, as
    // near the rounding of the value the line search shortens for no other reason.
    const settled = Math.max(decrease, gained) <= tolerance * value;
    converged = settled || certified();
  }
  return { point, value, iterations, converged };
}

function* evaluate(problem: number, vector: Float64Array, out: Float64Array): Generator<Query, number, void> {
  const query: Query = { problem, kind: 'point', vector, out, value: 0 };
  yield query;
  return query.value;
}

/**
 * Minimises the quadratic model q(s) = g·s + ½ s·H·s far enough: until an average step's decrease no longer promises
 * to change q by more than the fraction `forcing` (Nash & Sofer, 1990).
 *
 * @param work - Five vectors to use; the step is one of them.
 * @returns The step, −q: the decrease it promises, and how many products it took.
 */
function* conjugateGradients(
  problem: number,
  gradient: Float64Array,
  preconditioner: Preconditioner,
  forcing: number,
  [step, residual, scaled, direction, product]: readonly Float64Array[],
): Generator<Query, { step: Float64Array; decrease: number; iterations: number }, void> {
  const size = gradient.length;
  step.fill(0);
  for (let j = 0; j < size; j++) residual[j] = -gradient[j];
  preconditioner.apply(residual, scaled);
  direction.set(scaled);
  const query: Query = { problem, kind: 'direction', vector: direction, out: product, value: 0 };
  let rho = dot(residual, direction);
  let decrease = 0;
  let iterations = 0;
  while (iterations < Math.max(size, 5)) {
    yield query;
    iterations++;
    const curvature = dot(direction, product);
    if (!(curvature > 0)) break;
    const length = rho / curvature;
    let next = 0;
    for (let j = 0; j < size; j++) {
      step[j] += length * direction[j];
      residual[j] -= length * product[j];
      next += step[j] * (residual[j] - gradient[j]);
    }
    next /= 2;
    const more = next - decrease;
    if (!(more > 0)) break;
    decrease = next;
    if (iterations * more <= forcing * decrease) break;
    preconditioner.apply(residual, scaled);
    const rhoNext = dot(residual, scaled);
    const beta = rhoNext / rho;
    for (let j = 0; j < size; j++) direction[j] = scaled[j] + beta * direction[j];
    rho = rhoNext;
  }
  return { step, decrease, iterations };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
