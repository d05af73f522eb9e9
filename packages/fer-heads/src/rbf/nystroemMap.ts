import { bindRunOptions, checkFeatures, type FeatureMatrix, type RunOptions } from 'fer-core';
import { pacer } from '../rows/pacer.js';
import { rbfKernel } from './rbfKernel.js';

/** Features whose inner products are close to the RBF kernel. */
export interface NystroemMap {
  readonly gamma: number;
  /** m × d, none of them a combination of the others. */
  readonly landmarks: FeatureMatrix;
  /** n × m. */
  transform(x: FeatureMatrix, options?: RunOptions): Promise<FeatureMatrix>;
}

/** Landmarks whose kernel the others give to within this are left out. */
const DEPENDENT = 1e-10;

/**
 * The map of Williams & Seeger, Using the Nyström Method to Speed Up Kernel Machines (2001): with K the kernel among the
 * landmarks and k(x) that of x with each of them, φ(x)·φ(z) = k(x)ᵀ K⁻¹ k(z).
 *
 * scikit-learn's Nystroem takes φ = K^(−½) k. Here K = L Lᵀ and φ = L⁻¹ k, which is the same but for a rotation, and
 * heads with an L2 penalty do not see rotations. Half the work, and it can be done in parts. The largest pivot comes
 * first, so that landmarks which the others make up for (copies, say) drop out instead of dividing by 0.
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
  /** Column by column, each of m numbers by candidate: L before its rows are put in the order of the pivots. */
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

/** φ = L⁻¹ k of every row, by forward substitution, four rows at a time: each number of L is read once for four. */
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
