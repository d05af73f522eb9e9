import { Random } from 'fer-core';
import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { factoredHessian } from '../../src/linear/preconditioner.js';
import { denseProducts } from '../../src/products/denseProducts.js';
import { density, packedProducts } from '../../src/products/packedProducts.js';
import { type Products, plainProducts } from '../../src/products/products.js';
import { startWasm, type WasmFunctions } from '../../src/products/wasm.js';
import { memoryRows } from '../../src/rows/rows.js';

const functions = async (): Promise<WasmFunctions> => (await startWasm())!;
const now = () => undefined;

/** Features of which some are zero. */
function features(rows: number, columns: number, filled: number) {
  const random = new Random('products');
  const data = Float32Array.from({ length: rows * columns }, () =>
    random.uniform() < filled ? Math.fround(random.normal()) : 0,
  );
  return { x: { data, rows, columns }, random };
}

describe.each<[name: string, make: (x: ReturnType<typeof features>['x']) => Promise<Products>, digits: number]>([
  ['plain', async (x) => plainProducts(memoryRows(x)), 10],
  ['dense', async (x) => denseProducts(memoryRows(x), await functions(), new Float64Array(x.columns)), 4],
  ['packed', async (x) => (await packedProducts(x, await functions(), now)).products, 4],
])('%s products', (_name, make, digits) => {
  it.each([
    [1, 1, 1, 1],
    [4, 3, 2, 0.7],
    [7, 5, 3, 0],
    [11, 16, 7, 0.3],
    [300, 5, 8, 0.5],
    [259, 40, 9, 0.2],
    [70, 1100, 17, 0.002],
  ])('of %i×%i features, %i columns, %d of them filled, against the definition', async (n, d, count, filled) => {
    const { x, random } = features(n, d, filled);
    const v = Float64Array.from({ length: count * d }, () => random.normal());
    const products = await make(x);
    for (const exact of [false, true, false]) {
      const expected = new Float64Array(count * d);
      let off = 0;
      products.begin(v, count, exact);
      for (let first = 0; first < n; first += products.blockRows) {
        const rows = Math.min(products.blockRows, n - first);
        const scores = new Float64Array(count * rows);
        products.scores(first, rows, scores);
        for (let c = 0; c < count; c++) {
          for (let i = 0; i < rows; i++) {
            let sum = 0;
            for (let j = 0; j < d; j++) sum += x.data[(first + i) * d + j] * v[c * d + j];
            off = Math.max(off, Math.abs(scores[c * rows + i] - sum));
            for (let j = 0; j < d; j++) expected[c * d + j] += x.data[(first + i) * d + j] * scores[c * rows + i];
          }
        }
        products.accumulate(first, rows, scores);
      }
      const sums = new Float64Array(count * d);
      products.end(sums);
      expect(off).toBeLessThan(exact ? 1e-10 : 10 ** -digits);
      const worst = sums.reduce((most, sum, j) => Math.max(most, Math.abs(sum - expected[j])), 0);
      expect(worst).toBeLessThan(n * 10 ** -(digits + 1));
    }
  });
});

it('density counts what is not zero', () => {
  expect(density(features(2000, 30, 0.3).x)).toBeCloseTo(0.3, 1);
  expect(density({ data: new Float32Array(6), rows: 3, columns: 2 })).toBe(0);
});

describe('factoredHessian', () => {
  it.each([
    [0, 40],
    [1, 40],
    [1, 41],
    [3, 41],
  ])('inverts, with a constant column of %d, the first %i variables regularised', async (constant, regularised) => {
    const [n, d] = [600, 40];
    const { x, random } = features(n, d, 0.2);
    for (let i = 0; i < n; i++) x.data[i * d + 7] = 0;
    const all = await functions();
    const { gram } = await packedProducts(x, all, now);
    expect(gram.columns).toEqual(Array.from({ length: d }, (_, j) => j).filter((j) => j !== 7));
    const rows = Array.from({ length: n }, (_, i) => i).filter((i) => i % 3 > 0);
    const weights = rows.map(() => random.uniform());
    const mean = Float64Array.from({ length: d }, () => random.normal() / 4);
    const scale = Float64Array.from({ length: d }, () => 0.5 + random.uniform());
    // A column of zeros has mean 0 and, by convention, scale 1.
    [mean[7], scale[7]] = [0, 1];
    const size = constant === 0 ? d : d + 1;
    const a = Matrix.zeros(rows.length, size);
    rows.forEach((row, i) => {
      for (let j = 0; j < d; j++) a.set(i, j, (x.data[row * d + j] - mean[j]) / scale[j]);
      if (constant !== 0) a.set(i, d, constant);
    });
    const h = a.transpose().mmul(Matrix.diag(weights).mmul(a));
    for (let j = 0; j < Math.min(size, regularised); j++) h.set(j, j, h.get(j, j) + 1);
    const r = Float64Array.from({ length: size }, () => random.normal());
    const expected = solve(h, Matrix.columnVector([...r])).to1DArray();
    const out = new Float64Array(size);
    factoredHessian(gram, rows, weights, { mean, scale, constant, regularised }, 0)!.apply(r, out);
    const length = (v: readonly number[]) => Math.hypot(...v);
    // Bytes: a 256th of a row's largest number off.
    expect(length(expected.map((value, j) => out[j] - value))).toBeLessThan(0.03 * length(expected));
  });

  it('says where a Hessian is not positive definite', async () => {
    const { x } = features(20, 4, 0.9);
    const all = await functions();
    const { gram } = await packedProducts(x, all, now);
    const columns = { mean: new Float64Array(4), scale: new Float64Array(4).fill(1), constant: 1, regularised: 4 };
    expect(factoredHessian(gram, [3], [-1e6], columns, 0)).toBeUndefined();
  });
});
