import type { KernelRows } from './kernelCache.js';

/** Options of {@link solveSmo}. */
export interface SmoOptions {
  /** The solver stops when the largest violation of the optimality conditions is at most this. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Called in every iteration. The solver awaits a promise that it returns. */
  readonly pause: () => Promise<void> | undefined;
}

/** The solution of one two-class problem. */
export interface SmoResult {
  /** n values, in the order of the problem's rows. */
  readonly alpha: Float64Array;
  /** f(x) = Σ αᵢ yᵢ K(xᵢ, x) + bias. */
  readonly bias: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** ½ Σᵢⱼ αᵢαⱼyᵢyⱼKᵢⱼ − Σᵢ αᵢ. */
  readonly objective: number;
}

/** Replaces a curvature that is not positive, as in libsvm. */
const TAU = 1e-12;

/**
 * Solves the dual of a two-class support vector machine,
 *
 *   min ½ αᵀQα − Σ α,   Qᵢⱼ = yᵢyⱼKᵢⱼ,   yᵀα = 0,   0 ≤ αᵢ ≤ Cᵢ,
 *
 * by sequential minimal optimisation. Each step changes two variables, chosen by second-order information (Fan, Chen &
 * Lin, Working Set Selection Using Second Order Information for Training Support Vector Machines, 2005, "WSS 2").
 * Shrinking follows libsvm (Chang & Lin, LIBSVM: A Library for Support Vector Machines, 2011, sections 4 and 5).
 *
 * The solver maintains v = y − K(α∘y), which is libsvm's −y∘∇. At the optimum, no row whose αy can rise has a larger v
 * than a row whose αy can fall. The kernel's diagonal must be 1.
 *
 * @param kernel - The solver permutes its rows.
 * @param labels - +1 or −1, with at least one of each.
 * @param limits - Cᵢ above 0.
 */
export async function solveSmo(
  kernel: KernelRows,
  labels: ArrayLike<number>,
  limits: ArrayLike<number>,
  { tolerance, maxIterations, pause }: SmoOptions,
): Promise<SmoResult> {
  const n = kernel.size;
  // All arrays are by position. The first `active` positions are the shrunken problem.
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const y = Float64Array.from(labels);
  const C = Float64Array.from(limits);
  const alpha = new Float64Array(n);
  const v = Float64Array.from(labels);
  /** Σ Cⱼ yⱼ Kₜⱼ over the αⱼ at their upper limits. `restore` recomputes v from it. */
  const bound = new Float64Array(n);
  let active = n;
  let unshrunk = false;

  /** Whether αy of row t can still rise (or fall) within its limits. */
  const canRise = (t: number): boolean => (y[t] > 0 ? alpha[t] < C[t] : alpha[t] > 0);
  const canFall = (t: number): boolean => (y[t] > 0 ? alpha[t] > 0 : alpha[t] < C[t]);

  function swap(i: number, j: number): void {
    kernel.swap(i, j);
    for (const values of [order, y, C, alpha, v, bound]) [values[i], values[j]] = [values[j], values[i]];
  }

  /** Recomputes v of the positions that were shrunk away and makes all positions active again. */
  function restore(): void {
    if (active === n) return;
    for (let t = active; t < n; t++) v[t] = y[t] - bound[t];
    for (let i = 0; i < active; i++) {
      if (alpha[i] === 0 || alpha[i] === C[i]) continue;
      const row = kernel.row(i, n);
      const a = alpha[i] * y[i];
      for (let t = active; t < n; t++) v[t] -= a * row[t];
    }
    active = n;
  }

  /** Removes positions whose α is at a limit and unlikely to leave it. */
  function shrink(): void {
    let [rise, fall] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let t = 0; t < active; t++) {
      if (canRise(t)) rise = Math.max(rise, v[t]);
      if (canFall(t)) fall = Math.min(fall, v[t]);
    }
    if (!unshrunk && rise - fall <= 10 * tolerance) {
      unshrunk = true;
      restore();
    }
    const settled = (t: number) => (!canRise(t) && v[t] > rise) || (!canFall(t) && v[t] < fall);
    for (let t = 0; t < active; t++) {
      if (!settled(t)) continue;
      for (active--; active > t && settled(active); active--);
      if (active > t) swap(t, active);
    }
  }

  /**
   * Selects the two positions to change. Returns `undefined` if the optimality conditions hold within the tolerance.
   */
  function select(): [i: number, j: number] | undefined {
    let i = -1;
    let rise = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < active; t++) {
      if (v[t] >= rise && canRise(t)) {
        rise = v[t];
        i = t;
      }
    }
    if (i < 0) return undefined;
    const row = kernel.row(i, active);
    let j = -1;
    let fall = Number.POSITIVE_INFINITY;
    let best = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < active; t++) {
      if (!canFall(t)) continue;
      if (v[t] < fall) fall = v[t];
      const apart = rise - v[t];
      if (apart <= 0) continue;
      const gain = (apart * apart) / Math.max(2 - 2 * row[t], TAU);
      if (gain >= best) {
        best = gain;
        j = t;
      }
    }
    return j < 0 || rise - fall < tolerance ? undefined : [i, j];
  }

  /** Raises αᵢyᵢ and lowers αⱼyⱼ by the same amount: the optimal one, or the largest that the limits allow. */
  function step(i: number, j: number): void {
    const rowI = kernel.row(i, active);
    const rowJ = kernel.row(j, active);
    const roomI = y[i] > 0 ? C[i] - alpha[i] : alpha[i];
    const roomJ = y[j] > 0 ? alpha[j] : C[j] - alpha[j];
    const move = Math.min((v[i] - v[j]) / Math.max(2 - 2 * rowI[j], TAU), roomI, roomJ);
    for (const [t, to, room] of [
      [i, y[i], roomI],
      [j, -y[j], roomJ],
    ] as const) {
      const was = alpha[t];
      alpha[t] = move < room ? was + to * move : to > 0 ? C[t] : 0;
      if ((was === C[t]) === (alpha[t] === C[t])) continue;
      const row = kernel.row(t, n);
      const change = (alpha[t] === C[t] ? C[t] : -C[t]) * y[t];
      for (let s = 0; s < n; s++) bound[s] += change * row[s];
    }
    for (let t = 0; t < active; t++) v[t] -= move * (rowI[t] - rowJ[t]);
  }

  const every = Math.min(n, 1000);
  let iterations = 0;
  let converged = false;
  for (let untilShrink = every; iterations < maxIterations; iterations++) {
    const waited = pause();
    if (waited) await waited;
    if (--untilShrink === 0) {
      shrink();
      untilShrink = every;
    }
    let pair = select();
    if (!pair && active < n) {
      restore();
      pair = select();
      untilShrink = 1;
    }
    if (!pair) {
      converged = true;
      break;
    }
    step(...pair);
  }
  restore();

  const result = new Float64Array(n);
  for (let t = 0; t < n; t++) result[order[t]] = alpha[t];
  let [objective, sum, free, rise, fall] = [0, 0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let t = 0; t < n; t++) {
    objective -= (alpha[t] * (y[t] * v[t] + 1)) / 2;
    if (canRise(t)) rise = Math.max(rise, v[t]);
    if (canFall(t)) fall = Math.min(fall, v[t]);
    if (alpha[t] > 0 && alpha[t] < C[t]) {
      sum += v[t];
      free++;
    }
  }
  return { alpha: result, bias: free > 0 ? sum / free : (rise + fall) / 2, iterations, converged, objective };
}
