import { Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { cachedRows } from '../../src/rbf/kernelCache.js';
import { solveSmo } from '../../src/rbf/smo.js';

/** Points of two overlapping classes on a plane, under an RBF kernel. */
function problem(n: number, seed = 'smo') {
  const random = new Random(seed);
  const y = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1));
  const points = y.map((side) => [random.normal() + side / 2, random.normal()]);
  const K = (i: number, j: number) =>
    Math.exp(-((points[i][0] - points[j][0]) ** 2 + (points[i][1] - points[j][1]) ** 2));
  const asked = { values: 0 };
  const kernel = (bytes: number) =>
    cachedRows(n, bytes, (row, columns, from, to, out) => {
      asked.values += to - from;
      for (let t = from; t < to; t++) out[t] = K(row, columns[t]);
    });
  return { y, K, kernel, asked };
}

const OPTIONS = { tolerance: 1e-6, maxIterations: 1e6, pause: () => undefined };

describe('solveSmo', () => {
  it('ends where the optimality conditions hold, shrinking on the way', async () => {
    const n = 1200;
    const { y, K, kernel } = problem(n);
    const C = y.map((side) => (side > 0 ? 1 : 2));
    const { alpha, bias, converged, iterations, objective } = await solveSmo(kernel(1e9), y, C, OPTIONS);
    expect(converged).toBe(true);
    expect(iterations).toBeGreaterThan(1000);
    expect(alpha.reduce((sum, a, i) => sum + a * y[i], 0)).toBeCloseTo(0, 9);
    const support = [...alpha.keys()].filter((i) => alpha[i] > 0);
    let dual = 0;
    let worst = 0;
    for (let i = 0; i < n; i++) {
      const f = support.reduce((sum, j) => sum + alpha[j] * y[j] * K(i, j), bias);
      dual += alpha[i] * (y[i] * (f - bias) * 0.5 - 1);
      const margin = y[i] * f;
      // A row at C may be on the wrong side, a row at 0 on the right one; the others are on the margin.
      if (alpha[i] > 0) worst = Math.max(worst, margin - 1);
      if (alpha[i] < C[i]) worst = Math.max(worst, 1 - margin);
    }
    expect(worst).toBeLessThan(1e-5);
    expect(objective / dual).toBeCloseTo(1, 6);
  });

  it('looks at all rows again before it calls itself converged', async () => {
    // Few rows shrink early, and often what was left out must come back.
    for (let seed = 0; seed < 12; seed++) {
      const n = 80;
      const { y, K, kernel } = problem(n, `smo ${seed}`);
      const { alpha, bias, converged } = await solveSmo(
        kernel(1e9),
        y,
        y.map(() => 300),
        OPTIONS,
      );
      expect(converged).toBe(true);
      let worst = 0;
      for (let i = 0; i < n; i++) {
        let f = bias;
        for (let j = 0; j < n; j++) f += alpha[j] * y[j] * K(i, j);
        if (alpha[i] > 0) worst = Math.max(worst, y[i] * f - 1);
        if (alpha[i] < 300) worst = Math.max(worst, 1 - y[i] * f);
      }
      expect(worst, `seed ${seed}`).toBeLessThan(1e-4);
    }
  });

  it('gives the objective of all rows where it stops early, while some are left out', async () => {
    for (const maxIterations of [90, 170, 250, 330]) {
      const n = 80;
      const { y, K, kernel } = problem(n, 'early');
      const C = y.map(() => 300);
      const { alpha, converged, iterations, objective } = await solveSmo(kernel(1e9), y, C, {
        ...OPTIONS,
        maxIterations,
      });
      expect({ converged, iterations }).toEqual({ converged: false, iterations: maxIterations });
      let dual = 0;
      for (let i = 0; i < n; i++) {
        dual -= alpha[i];
        for (let j = 0; j < n; j++) dual += (alpha[i] * alpha[j] * y[i] * y[j] * K(i, j)) / 2;
      }
      // Kernel rows are kept in single precision.
      expect(objective / dual).toBeCloseTo(1, 5);
    }
  });

  it('asks for parts of rows once it has shrunk', async () => {
    const { y, kernel, asked } = problem(1200);
    const C = y.map(() => 1);
    const { iterations } = await solveSmo(kernel(1.6e5), y, C, OPTIONS);
    // Without shrinking every miss is 1,200 numbers, and with a cache of 33 rows nearly all of two rows a step miss.
    expect(asked.values).toBeLessThan(iterations * 2 * 1200 * 0.75);
  });
});

describe('cachedRows', () => {
  const make = (calls: number[][]) =>
    cachedRows(4, 40, (row, columns, from, to, out) => {
      calls.push([row, from, to]);
      for (let t = from; t < to; t++) out[t] = 10 * row + columns[t];
    });

  it('lengthens rows, and drops the one not used for longest', () => {
    const calls: number[][] = [];
    const rows = make(calls);
    expect([...rows.row(1, 2)]).toEqual([10, 11]);
    expect([...rows.row(1, 4)]).toEqual([10, 11, 12, 13]);
    rows.row(2, 4);
    rows.row(1, 4);
    rows.row(3, 4); // Ten numbers fit: row 2 goes.
    rows.row(1, 2);
    rows.row(2, 4);
    expect(calls).toEqual([
      [1, 0, 2],
      [1, 2, 4],
      [2, 0, 4],
      [3, 0, 4],
      [2, 0, 4],
    ]);
  });

  it('follows exchanges of rows and columns', () => {
    const rows = make([]);
    rows.row(0, 4);
    rows.row(1, 1);
    rows.swap(0, 3);
    expect([...rows.row(3, 4)]).toEqual([3, 1, 2, 0]);
    expect([...rows.row(1, 4)]).toEqual([13, 11, 12, 10]);
    expect([...rows.row(0, 2)]).toEqual([33, 31]);
  });
});
