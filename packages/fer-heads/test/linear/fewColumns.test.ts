import { Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { linearL2SVM } from '../../src/index.js';
import { packedProducts } from '../../src/products/packedProducts.js';
import { startWasm } from '../../src/products/wasm.js';

/** Rows that are mostly zero, and the class with the largest of k noisy linear scores. */
function problem(n: number, d: number, k: number) {
  const random = new Random('few columns');
  const truth = Float64Array.from({ length: d * k }, () => random.normal());
  const data = Float32Array.from({ length: n * d }, () =>
    random.uniform() < 0.15 ? Math.abs(random.normal()) + 0.01 : 0,
  );
  const labels = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) {
      let score = 0.8 * random.normal();
      for (let j = 0; j < d; j++) score += Math.log1p(data[i * d + j]) * truth[j * k + c];
      if (score > most) [most, labels[i]] = [score, c];
    }
  }
  const classes = Array.from({ length: k }, (_, c) => `class ${c}`);
  return { x: { data, rows: n, columns: d }, y: { labels, classes } };
}

describe('few columns and many rows', () => {
  it.each([1e-3, 0.1, 10])('are fitted to the optimum in a few passes, C = %d', async (C) => {
    const [n, d, k] = [65_600, 4, 7];
    const { x, y } = problem(n, d, k);
    const head = linearL2SVM({ C });
    const { converged, objective, passes } = await head.fit(x, y);
    expect(converged).toBe(true);
    expect(passes).toBeLessThan(100);
    // ½ ‖∇f‖² bounds the distance from the optimum, since ½ ‖(w, b)‖² makes f strongly convex.
    const { weights, bias } = head.toLayer();
    let [value, gap] = [0, 0];
    for (let c = 0; c < k; c++) {
      const w = Float64Array.from({ length: d + 1 }, (_, j) => (j < d ? weights.data[j * k + c] : bias[c]));
      const gradient = w.slice();
      value += w.reduce((sum, v) => sum + v * v, 0) / 2;
      for (let i = 0; i < n; i++) {
        const row = [...x.data.subarray(i * d, (i + 1) * d), 1];
        const sign = y.labels[i] === c ? 1 : -1;
        const slack = Math.max(0, 1 - sign * row.reduce((sum, v, j) => sum + v * w[j], 0));
        value += C * slack * slack;
        for (let j = 0; j <= d; j++) gradient[j] -= 2 * C * sign * slack * row[j];
      }
      gap += gradient.reduce((sum, v) => sum + v * v, 0) / 2;
    }
    expect(gap).toBeLessThan(1e-7 * value);
    expect(Math.abs(objective / value - 1)).toBeLessThan(1e-6);
  });

  it('are summed in float32 over a thousand rows at most', async () => {
    const [n, d] = [20_000, 4];
    const { x, y } = problem(n, d, 2);
    const { products } = await packedProducts(x, (await startWasm())!, () => undefined);
    expect(products.blockRows).toBe(1024);
    const ones = (length: number) => new Float64Array(length).fill(1);
    const hinge = products.hinge!({ k: 2, labels: y.labels, weights: ones(n), own: ones(2), rest: ones(2) });
    const pass = hinge.pass([{ problem: 0, kind: 'point' }], new Float64Array(d), new Float64Array([0.1]), false);
    for (let first = 0; first < n; first += products.blockRows) pass.block(first);
    const own = y.labels.reduce((count, label) => count + Number(label === 0), 0);
    const expected = own * 0.9 ** 2 + (n - own) * 1.1 ** 2;
    expect(Math.abs(pass.end(new Float64Array(d))[0].loss / expected - 1)).toBeLessThan(1e-5);
  });
});
