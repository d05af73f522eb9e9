import { bindRunOptions, checkFeatures, type FeatureMatrix, type RunOptions } from 'fer-core';
import { pacer } from '../rows/pacer.js';
import { rbfKernel } from './rbfKernel.js';

/** A feature map whose inner products approximate the RBF kernel. */
export interface NystroemMap {
  readonly gamma: number;
  /** The m × d landmarks. Their images under the kernel are linearly independent. */
  readonly landmarks: FeatureMatrix;
  /** Returns n × m features. */
  transform(x: FeatureMatrix, options?: RunOptions): Promise<FeatureMatrix>;
}

/**
 * A candidate is skipped if its remaining pivot is at most this: the landmarks so far already determine its kernel
 * values.
 */
const DEPENDENT = 1e-10;

/**
 * The Nyström approximation of Williams & Seeger, Using the Nyström Method to Speed Up Kernel Machines (2001). With K
 * the kernel matrix of the landmarks and k(x) the kernel values of x with each landmark, φ(x)·φ(z) = k(x)ᵀ K⁻¹ k(z).
 *
 * scikit-learn's `Nystroem` uses φ = K^(−½) k. This function factors K = L Lᵀ and uses φ = L⁻¹ k. The two differ only
 * by a rotation, which doesn't change the result of heads with an L2 penalty. The Cholesky form takes half the work and
 * can be computed in parts.
 *
 * The factorisation always takes the largest remaining pivot. So linearly dependent candidates, such as duplicates, are
 * skipped and never cause a division by 0.
 */
export async function nystroemMap(
  candidates: FeatureMatrix,
  gamma: number,
  signal?: AbortSignal,
): Promise<NystroemMap> {
  const { rows: m, columns: d, data } = candidates;
  const pause = pacer(signal);
  const kernel = rbfKernel(candidates, gamma);
  const all = Int32Array.from({ length: m }, (_, t) => t);
  /**
   * The columns of L, each with one number per candidate. The rows are still in the candidates' order, not in that of
   * the pivots.
   */
  const columns: Float64Array[] = [];
  const pivots: number[] = [];
  const left = new Float64Array(m).fill(1);
  for (let c = 0; c < m; c++) {
    const waited = pause();
    if (waited) await waited;
    let pivot = 0;
    for (let t = 1; t < m; t++) if (left[t] > left[pivot]) pivot = t;
    if (left[pivot] <= DEPENDENT) break;
    const column = new Float64Array(m);
    kernel.against(Float64Array.from(data.subarray(pivot * d, (pivot + 1) * d)), all, [0, m], column);
    for (const earlier of columns) {
      const factor = earlier[pivot];
      for (let t = 0; t < m; t++) column[t] -= factor * earlier[t];
    }
    const root = Math.sqrt(left[pivot]);
    for (let t = 0; t < m; t++) column[t] /= root;
    for (const done of pivots) column[done] = 0;
    column[pivot] = root;
    for (let t = 0; t < m; t++) left[t] -= column[t] * column[t];
    left[pivot] = 0;
    columns.push(column);
    pivots.push(pivot);
  }
  const landmarks = { data: new Float32Array(pivots.length * d), rows: pivots.length, columns: d };
  for (const [r, pivot] of pivots.entries()) landmarks.data.set(data.subarray(pivot * d, (pivot + 1) * d), r * d);
  const lower = pivots.map((pivot, r) => Float64Array.from({ length: r + 1 }, (_, c) => columns[c][pivot]));
  return {
    gamma,
    landmarks,
    transform: (x, options) => project(landmarks, gamma, lower, x, options),
  };
}

/**
 * Computes φ = L⁻¹ k for every row by forward substitution. Four rows at a time, so that each number of L is read once
 * for four rows.
 */
async function project(
  landmarks: FeatureMatrix,
  gamma: number,
  lower: readonly Float64Array[],
  x: FeatureMatrix,
  run: RunOptions = {},
): Promise<FeatureMatrix> {
  const { onProgress, signal } = bindRunOptions(run);
  const [m, d] = [landmarks.rows, landmarks.columns];
  checkFeatures(x, d);
  const kernel = rbfKernel(landmarks, gamma);
  const all = Int32Array.from({ length: m }, (_, t) => t);
  const out = new Float32Array(x.rows * m);
  const [p, q, r, s] = [0, 1, 2, 3].map(() => new Float64Array(m));
  const pause = pacer(signal);
  for (let i = 0; i < x.rows; i += 4) {
    const waited = pause();
    if (waited) {
      await waited;
      onProgress?.({ kind: 'transform', done: i, total: x.rows });
    }
    const taken = [p, q, r, s].slice(0, x.rows - i);
    for (const [n, values] of taken.entries()) {
      kernel.against(Float64Array.from(x.data.subarray((i + n) * d, (i + n + 1) * d)), all, [0, m], values);
    }
    for (let c = 0; c < m; c++) {
      const row = lower[c];
      let [a, b, e, f] = [p[c], q[c], r[c], s[c]];
      for (let t = 0; t < c; t++) {
        const factor = row[t];
        a -= factor * p[t];
        b -= factor * q[t];
        e -= factor * r[t];
        f -= factor * s[t];
      }
      p[c] = a / row[c];
      q[c] = b / row[c];
      r[c] = e / row[c];
      s[c] = f / row[c];
    }
    for (const [n, values] of taken.entries()) out.set(values, (i + n) * m);
  }
  onProgress?.({ kind: 'transform', done: x.rows, total: x.rows });
  return { data: out, rows: x.rows, columns: m };
}
