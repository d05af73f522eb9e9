import type { FeatureMatrix } from 'fer-core';
import type { Fitted } from './fitted.js';
import { fitTemperature } from './temperature.js';

/** Limit on the Newton steps; about six are usual. */
const MAX_STEPS = 100;
/** Strength of the ridge penalty, which decides where the data don't. */
const RIDGE = 1e-4;

/** The scale and the shift of one class: its logit is scale · score + shift. */
export interface VectorScale {
  readonly scale: number;
  readonly shift: number;
}

/**
 * Fits vector scaling (Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks, 2017): a scale a_c and
 * a shift b_c for each class. With the scores z divided by the temperature that fits them best, they minimise
 *
 *   f(a, b) = mean over the rows of −log softmax(a ∘ z + b)_y + ½ · 1e-4 · (‖a − 1‖² + ‖b‖²)
 *
 * The penalty makes the minimum unique: without it, adding a constant to all shifts would change nothing, and a class
 * that the scores separate from the others would get an infinite scale. f is convex; the minimiser is Newton's method
 * with backtracking. The division by the temperature makes the result independent of the scores' scale.
 *
 * @throws FerError `INVALID_DATA` if the scores are no better than chance.
 */
export function fitVectorScaling(scores: FeatureMatrix, labels: Uint8Array): Fitted<readonly VectorScale[]> {
  const k = scores.columns;
  const { model: temperature } = fitTemperature(scores, labels);
  const z = Float64Array.from(scores.data, (score) => score / temperature);
  let point = Float64Array.from({ length: 2 * k }, (_, j) => (j < k ? 1 : 0));
  let value = valueAt(point, z, labels);
  for (let step = 1; ; step++) {
    const { gradient, hessian } = derivativesAt(point, z, labels);
    const change = solve(hessian, gradient);
    const gain = change.reduce((sum, d, j) => sum + d * gradient[j], 0);
    let [size, next, found] = [1, point, value];
    for (; size > 1e-10; size /= 2) {
      next = point.map((at, j) => at - size * change[j]);
      found = valueAt(next, z, labels);
      if (found <= value - 1e-4 * size * gain) break;
    }
    const exhausted = size <= 1e-10;
    if (!exhausted) [point, value] = [next, found];
    // Half of the gain is about what the step can still improve. Below rounding, no step does.
    const converged = gain < (exhausted ? 1e-12 : 1e-18);
    if (converged || exhausted || step === MAX_STEPS) {
      const model = Array.from({ length: k }, (_, c) => ({ scale: point[c] / temperature, shift: point[k + c] }));
      return { model, iterations: step, converged, objective: value };
    }
  }
}

/** Writes softmax(a ∘ z + b) of row i into p, and returns the negative logarithm of the label's probability. */
function probabilitiesAt(p: Float64Array, point: Float64Array, z: Float64Array, i: number, label: number): number {
  const k = p.length;
  let top = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < k; c++) {
    p[c] = point[c] * z[i * k + c] + point[k + c];
    top = Math.max(top, p[c]);
  }
  const own = p[label];
  let sum = 0;
  for (let c = 0; c < k; c++) {
    p[c] = Math.exp(p[c] - top);
    sum += p[c];
  }
  for (let c = 0; c < k; c++) p[c] /= sum;
  return Math.log(sum) + top - own;
}

function valueAt(point: Float64Array, z: Float64Array, labels: Uint8Array): number {
  const k = point.length / 2;
  const p = new Float64Array(k);
  let value = 0;
  for (let i = 0; i < labels.length; i++) value += probabilitiesAt(p, point, z, i, labels[i]) / labels.length;
  const penalty = point.reduce((sum, at, j) => sum + (at - (j < k ? 1 : 0)) ** 2, 0);
  return value + (RIDGE / 2) * penalty;
}

function derivativesAt(point: Float64Array, z: Float64Array, labels: Uint8Array) {
  const [n, k] = [labels.length, point.length / 2];
  const p = new Float64Array(k);
  const gradient = point.map((at, j) => RIDGE * (at - (j < k ? 1 : 0)));
  const hessian = Array.from({ length: 2 * k }, (_, j) => new Float64Array(2 * k).fill(RIDGE, j, j + 1));
  for (let i = 0; i < n; i++) {
    probabilitiesAt(p, point, z, i, labels[i]);
    for (let a = 0; a < k; a++) {
      const za = z[i * k + a];
      const slope = (p[a] - (labels[i] === a ? 1 : 0)) / n;
      gradient[a] += slope * za;
      gradient[k + a] += slope;
      for (let b = 0; b < k; b++) {
        const zb = z[i * k + b];
        const bend = (p[a] * ((a === b ? 1 : 0) - p[b])) / n;
        hessian[a][b] += bend * za * zb;
        hessian[a][k + b] += bend * za;
        hessian[k + a][b] += bend * zb;
        hessian[k + a][k + b] += bend;
      }
    }
  }
  return { gradient, hessian };
}

/** Solves a symmetric positive definite system by elimination, which needs no pivots. Overwrites the matrix. */
function solve(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const x = right.slice();
  for (const [j, pivot] of matrix.entries()) {
    for (let i = j + 1; i < x.length; i++) {
      const factor = matrix[i][j] / pivot[j];
      for (let c = j; c < x.length; c++) matrix[i][c] -= factor * pivot[c];
      x[i] -= factor * x[j];
    }
  }
  for (let j = x.length - 1; j >= 0; j--) {
    for (let c = j + 1; c < x.length; c++) x[j] -= matrix[j][c] * x[c];
    x[j] /= matrix[j][j];
  }
  return x;
}
