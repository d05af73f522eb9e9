import type { FeatureMatrix, Labels } from 'fer-core';

/**
 * Overlapping, unbalanced classes of non-negative features on three scales, from a linear congruential generator that
 * the Python below draws from in the same order, so that scikit-learn sees the same numbers:
 *
 *   s = 1
 *   def u(): global s; s = (s * 1664525 + 1013904223) % 2**32; return s / 2**32
 *   for i in range(n):
 *       y[i] = int(u() * u() * k); weight[i] = u() * 2
 *       for j in range(d):
 *           v = 2 * (u() + u() + u()) - 3 + (1.0 if j % k == y[i] else 0.0)
 *           X[i, j] = max(0.0, v) * (1 + j % 3)         # X is float32
 */
export function referenceData(
  rows: number,
  columns: number,
  k: number,
): { x: FeatureMatrix; y: Labels; sampleWeight: Float64Array } {
  let s = 1;
  const u = () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 4294967296;
  };
  const data = new Float32Array(rows * columns);
  const labels = new Uint8Array(rows);
  const sampleWeight = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    labels[i] = Math.floor(u() * u() * k);
    sampleWeight[i] = u() * 2;
    for (let j = 0; j < columns; j++) {
      const v = 2 * (u() + u() + u()) - 3 + (j % k === labels[i] ? 1 : 0);
      data[i * columns + j] = Math.max(0, v) * (1 + (j % 3));
    }
  }
  const classes = Array.from({ length: k }, (_, c) => `class ${c}`);
  return { x: { data, rows, columns }, y: { labels, classes }, sampleWeight };
}

/** The largest relative difference between two lists. */
export function gap(found: ArrayLike<number>, expected: readonly number[]): number {
  return Math.max(...expected.map((value, i) => Math.abs(found[i] - value) / Math.abs(value)));
}
