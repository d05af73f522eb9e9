import type { FeatureMatrix, Labels } from 'fer-core';
import { Matrix, solve } from 'ml-matrix';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { linearL2SVM, softmax } from '../../src/index.js';
import { gap, referenceData } from '../reference.js';

/*
 * As many rows and numbers as it takes for the wasm and the first solution on some of the rows: what smaller tests
 * never reach. Of the dense features every second one is zero, of the sparse ones, those above 2 only, every fifth isn't.
 */
const { x: dense, y } = referenceData(9000, 40, 5);
const sparse = { ...dense, data: dense.data.map((v) => (v > 2 ? v : 0)) };
const FEATURES: [name: string, x: FeatureMatrix][] = [
  ['dense', dense],
  ['sparse', sparse],
];

/** Newton's method in float64 with the exact generalised Hessian, by ml-matrix: the least ½‖w‖² + C Σ hinge². */
function optimum({ data, rows: n, columns: d }: FeatureMatrix, { labels }: Labels, c: number, C: number): number {
  const size = d + 1;
  const row = new Float64Array(size).fill(1);
  /** Value at w, and with `h` the gradient and the lower triangle of the Hessian. */
  const evaluate = (w: ArrayLike<number>, g?: Float64Array, h?: Float64Array): number => {
    let value = 0;
    for (let j = 0; j < size; j++) value += (w[j] * w[j]) / 2;
    for (let j = 0; g && j < size; j++) g[j] = w[j];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) row[j] = data[i * d + j];
      const sign = labels[i] === c ? 1 : -1;
      let slack = 1;
      for (let j = 0; j < size; j++) slack -= sign * w[j] * row[j];
      if (slack <= 0) continue;
      value += C * slack * slack;
      for (let j = 0; g && h && j < size; j++) {
        g[j] -= 2 * C * sign * slack * row[j];
        for (let l = 0; l <= j; l++) h[j * size + l] += 2 * C * row[j] * row[l];
      }
    }
    return value;
  };
  let w = new Float64Array(size);
  for (let step = 0; step < 50; step++) {
    const g = new Float64Array(size);
    const h = new Float64Array(size * size);
    const value = evaluate(w, g, h);
    const hessian = Matrix.eye(size);
    for (let j = 0; j < size; j++) {
      for (let l = 0; l < size; l++) hessian.set(j, l, h[Math.max(j, l) * size + Math.min(j, l)] + Number(j === l));
    }
    const direction = solve(hessian, Matrix.columnVector([...g])).to1DArray();
    let length = 1;
    while (length > 1e-6 && evaluate(w.map((v, j) => v - length * direction[j])) > value * (1 - 1e-14)) length /= 2;
    if (length <= 1e-6) return value;
    w = w.map((v, j) => v - length * direction[j]);
  }
  throw new Error('Newton did not converge');
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe.each(FEATURES)('many rows of %s features', (name, x) => {
  it.each([1e-3, 1e-2, 1e-1, 1])('linearL2SVM reaches the float64 optimum, C=%d', async (C) => {
    const result = await linearL2SVM({ C }).fit(x, y);
    expect(result.converged).toBe(true);
    expect(Math.abs(result.objectives[3] / optimum(x, y, 3, C) - 1)).toBeLessThan(1e-7);
  });

  /* scikit-learn's, made as in softmax.test.ts. */
  const recorded = {
    dense: [4.214979372114181, 24.93946389933332, 192.61781149901617, 1820.0659753149657],
    sparse: [5.035838351249928, 37.04023450834544, 330.0421011846399, 3231.2224080713804],
  }[name as 'dense' | 'sparse'];
  it.each([1e-3, 1e-2, 1e-1, 1].map((C, i) => [C, recorded[i]]))(
    'softmax reaches the optimum of LogisticRegression, C=%d',
    async (C, objective) => {
      const result = await softmax({ C }).fit(x, y);
      expect(result.converged).toBe(true);
      expect(gap(result.objectives, [objective])).toBeLessThan(1e-7);
    },
  );

  it('the same without WebAssembly, and with standardisation', async () => {
    vi.resetModules();
    const options = { C: 0.01, standardise: true };
    const fast = await linearL2SVM(options).fit(x, y);
    vi.stubGlobal('WebAssembly', undefined);
    const plain = await (await import('../../src/index.js')).linearL2SVM(options).fit(x, y);
    expect(plain.converged && fast.converged).toBe(true);
    expect(plain.passes).not.toBe(fast.passes);
    expect(gap(fast.objectives, [...plain.objectives])).toBeLessThan(1e-7);
  });

  it('goes on in float64 for an accuracy beyond float32', async () => {
    const exact = await linearL2SVM({ C: 0.1, tolerance: 1e-13 }).fit(x, y);
    expect(exact.converged).toBe(true);
    expect(Math.abs(exact.objectives[0] / optimum(x, y, 0, 0.1) - 1)).toBeLessThan(1e-12);
  });
});

it('starts elsewhere, ends in the same place', async () => {
  const first = linearL2SVM({ C: 0.01 });
  await first.fit(sparse, y);
  const cold = await linearL2SVM({ C: 0.1 }).fit(sparse, y);
  const warm = await linearL2SVM({ C: 0.1 }).fit(sparse, y, { start: first.toLayer() });
  expect(gap(warm.objectives, [...cold.objectives])).toBeLessThan(1e-7);
  expect(warm.passes).toBeLessThan(cold.passes);
});

it('says that it has not converged', async () => {
  const { converged, iterations } = await linearL2SVM({ C: 1, maxIterations: 2 }).fit(sparse, y);
  expect({ converged, iterations }).toEqual({ converged: false, iterations: 2 });
});

it.each([1e-15, 1e15, 1e25])('features scaled by %d and standardised reach the same optimum', async (factor) => {
  const scaled = { ...sparse, data: sparse.data.map((v) => v * factor) };
  const result = await linearL2SVM({ C: 0.1, standardise: true }).fit(scaled, y);
  const plain = await linearL2SVM({ C: 0.1, standardise: true }).fit(sparse, y);
  expect(result.converged).toBe(true);
  expect(gap(result.objectives, [...plain.objectives])).toBeLessThan(1e-6);
});
