import { type FeatureMatrix, Random } from 'fer-core';
import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { type Columns, columnHessian } from '../../src/linear/columnHessian.js';
import { dampedDiagonal } from '../../src/linear/dampedDiagonal.js';
import { rowHessian } from '../../src/linear/rowHessian.js';
import { packedProducts } from '../../src/products/packedProducts.js';
import { startWasm } from '../../src/products/wasm.js';

const random = new Random('preconditioner');
const normal = (length: number) => Float64Array.from({ length }, () => random.normal());

async function gramOf(x: FeatureMatrix) {
  const { gram } = await packedProducts(x, (await startWasm())!, () => undefined);
  return gram;
}

/** I + AᵀDA, where A is the transformed features and the constant column, and I has 1s for the regularised variables. */
function hessian(
  { data, columns: d }: FeatureMatrix,
  rows: readonly number[],
  weights: readonly number[],
  { mean, scale, constant, regularised }: Columns,
): Matrix {
  const size = constant === 0 ? d : d + 1;
  const a = Matrix.zeros(rows.length, size);
  rows.forEach((row, i) => {
    for (let j = 0; j < d; j++) a.set(i, j, (data[row * d + j] - mean[j]) / scale[j]);
    if (constant !== 0) a.set(i, d, constant);
  });
  const h = a.transpose().mmul(Matrix.diag([...weights]).mmul(a));
  for (let j = 0; j < Math.min(size, regularised); j++) h.set(j, j, h.get(j, j) + 1);
  return h;
}

const inverse = (h: Matrix, r: Float64Array) => solve(h, Matrix.columnVector([...r])).to1DArray();
const length = (v: ArrayLike<number>) => Math.hypot(...Array.from(v));
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) => length(Array.from(a, (value, j) => value - b[j]));

describe('columnHessian', () => {
  // Mostly zeros, and one column of nothing else: it has mean 0 and, by convention, scale 1.
  const [n, d] = [600, 40];
  const data = Float32Array.from({ length: n * d }, (_, e) =>
    e % d !== 7 && random.uniform() < 0.2 ? random.normal() : 0,
  );
  const x = { data, rows: n, columns: d };
  const rows = Array.from({ length: n }, (_, i) => i).filter((i) => i % 3 > 0);
  const weights = rows.map(() => random.uniform());
  const mean = normal(d).map((value, j) => (j === 7 ? 0 : value / 4));
  const scale = Float64Array.from({ length: d }, (_, j) => (j === 7 ? 1 : 0.5 + random.uniform()));

  it.each([
    [0, 40],
    [1, 40],
    [1, 41],
    [3, 41],
  ])('inverts, with a constant column of %d, the first %i variables regularised', async (constant, regularised) => {
    const columns = { mean, scale, constant, regularised };
    const gram = await gramOf(x);
    expect([...gram.columns].sort((a, b) => a - b)).toEqual(
      Array.from({ length: d }, (_, j) => j).filter((j) => j !== 7),
    );
    const r = normal(constant === 0 ? d : d + 1);
    const expected = inverse(hessian(x, rows, weights, columns), r);
    const found = columnHessian(gram, rows, weights, columns, 0)!;
    const out = new Float64Array(r.length);
    found.apply(r, out);
    // Bytes: a 256th of a row's largest number off.
    expect(apart(out, expected)).toBeLessThan(0.03 * length(expected));
    expect(out[7]).toBe(r[7]);
    found.apply(r, r);
    expect(r).toEqual(out);
  });

  it('keeps those of several slots apart, each until it is made anew', async () => {
    const columns = { mean, scale, constant: 1, regularised: 41 };
    const gram = await gramOf(x);
    const r = normal(41);
    const times = [1, 100, 10_000];
    const made = times.map((factor, slot) => {
      const heavier = weights.map((weight) => factor * weight);
      return columnHessian(gram, rows, heavier, columns, slot)!;
    });
    const check = (found: (typeof made)[number], factor: number) => {
      const heavier = weights.map((weight) => factor * weight);
      const expected = inverse(hessian(x, rows, heavier, columns), r);
      const out = new Float64Array(41);
      found.apply(r, out);
      expect(apart(out, expected)).toBeLessThan(0.03 * length(expected));
    };
    made.forEach((found, slot) => {
      check(found, times[slot]);
    });
    check(columnHessian(gram, rows, weights, columns, 1)!, 1);
    check(made[0], 1);
    check(made[2], 10_000);
  });

  it('keeps the diagonal alone of columns that add less than 0.1', async () => {
    // The second column is the first: coupled as much as can be. Its scale decides how much it adds.
    const copies = { data: Float32Array.from({ length: 60 }, (_, e) => ((e >> 1) % 5) - 2), rows: 30, columns: 2 };
    const all = Array.from({ length: 30 }, (_, i) => i);
    const ones = all.map(() => 1);
    const mean = Float64Array.of(0, 1);
    const total = all.reduce((sum, i) => sum + (copies.data[2 * i + 1] - mean[1]) ** 2, 0);
    const gram = await gramOf(copies);
    const apply = (adds: number, r: Float64Array) => {
      const scales = Float64Array.of(1, Math.sqrt(total / adds));
      const columns = { mean, scale: scales, constant: 0, regularised: 2 };
      const out = new Float64Array(2);
      columnHessian(gram, all, ones, columns, 0)!.apply(r, out);
      return { out, exact: inverse(hessian(copies, all, ones, columns), r) };
    };
    const faint = apply(0.09, Float64Array.of(0, 3)).out;
    expect(faint[0]).toBe(0);
    expect(faint[1]).toBeCloseTo(3 / 1.09, 6);
    const { out, exact } = apply(0.11, Float64Array.of(0, 3));
    expect(Math.abs(exact[0])).toBeGreaterThan(0.05);
    expect(apart(out, exact)).toBeLessThan(0.01 * length(exact));
  });

  it('says where a Hessian is not positive definite', async () => {
    const gram = await gramOf({ data: data.subarray(0, 80), rows: 2, columns: d });
    const columns = { mean, scale, constant: 1, regularised: 40 };
    expect(columnHessian(gram, [1], [-1e6], columns, 0)).toBeUndefined();
    // Singular: the constant is not regularised, and no row has a weight.
    expect(columnHessian(gram, [], [], columns, 0)).toBeUndefined();
    const r = normal(41);
    const out = new Float64Array(41);
    columnHessian(gram, [], [], { ...columns, regularised: 41 }, 0)!.apply(r, out);
    expect(apart(out, r)).toBeLessThan(0.01 * length(r));
  });
});

describe('rowHessian', () => {
  const [n, d] = [90, 147];
  const data = Float32Array.from({ length: n * d }, () => (random.uniform() < 0.2 ? 3 * random.normal() : 0));
  const x = { data, rows: n, columns: d };
  const rows = Array.from({ length: n }, (_, i) => i).filter((i) => i % 3 > 0);
  const weights = rows.map(() => random.uniform());
  const plain = { mean: new Float64Array(d), scale: new Float64Array(d).fill(1) };
  const standard = { mean: normal(d), scale: Float64Array.from({ length: d }, () => 0.5 + random.uniform()) };

  it.each([
    ['as they are', plain, 0, d],
    ['as they are', plain, 3, d],
    ['as they are', plain, 1, d + 1],
    ['standardised', standard, 0, d],
    ['standardised', standard, 1, d],
    ['standardised', standard, 2, d + 1],
  ])('inverts, of features %s, %#', async (_name, frame, constant, regularised) => {
    const columns = { ...frame, constant, regularised };
    const r = normal(constant === 0 ? d : d + 1);
    const expected = inverse(hessian(x, rows, weights, columns), r);
    const found = rowHessian(await gramOf(x), rows, weights, columns, 0)!;
    const out = new Float64Array(r.length);
    found.apply(r, out);
    expect(apart(out, expected)).toBeLessThan(1e-3 * length(expected));
    found.apply(r, r);
    expect(r).toEqual(out);
  });

  it('stays symmetric and positive definite where the data outweigh the identity by ten orders of magnitude', async () => {
    const columns = { ...plain, constant: 1, regularised: d };
    const gram = await gramOf(x);
    for (const factor of [1, 1e3, 1e6, 1e10]) {
      const heavy = weights.map((weight) => factor * weight);
      const { apply } = rowHessian(gram, rows, heavy, columns, 0)!;
      for (let t = 0; t < 20; t++) {
        // Vectors that the data see most of.
        const at = (t % rows.length) * d;
        const a = Float64Array.from({ length: d + 1 }, (_, j) => (j < d ? data[at + j] : 1));
        const b = normal(d + 1);
        const [forA, forB] = [new Float64Array(d + 1), new Float64Array(d + 1)];
        apply(a, forA);
        apply(b, forB);
        const dot = (u: Float64Array, v: Float64Array) => u.reduce((sum, value, j) => sum + value * v[j], 0);
        expect(dot(a, forA)).toBeGreaterThan(0);
        expect(Math.abs(dot(a, forB) - dot(b, forA))).toBeLessThan(1e-9 * length(a) * length(b));
      }
    }
  });

  it('keeps those of several slots apart, of more rows than before too', async () => {
    const columns = { ...plain, constant: 1, regularised: d };
    const gram = await gramOf(x);
    const r = normal(d + 1);
    const few = rows.slice(0, 20);
    const check = (found: ReturnType<typeof rowHessian>, some: number[]) => {
      const out = new Float64Array(d + 1);
      found!.apply(r, out);
      const expected = inverse(hessian(x, some, weights.slice(0, some.length), columns), r);
      expect(apart(out, expected)).toBeLessThan(1e-3 * length(expected));
    };
    const first = rowHessian(gram, few, weights.slice(0, 20), columns, 0);
    const second = rowHessian(gram, rows, weights, columns, 1);
    check(first, few);
    check(rowHessian(gram, rows, weights, columns, 0), rows);
    check(second, rows);
  });

  it('says where a Hessian is not positive definite, and where there are too many columns', async () => {
    const columns = { ...plain, constant: 1, regularised: d };
    const gram = await gramOf(x);
    // Singular: the constant is not regularised, and no row has a weight.
    expect(rowHessian(gram, [], [], columns, 0)).toBeUndefined();
    expect(rowHessian(gram, [1], [0], columns, 0)).toBeUndefined();
    expect(rowHessian(gram, [1], [Number.NaN], columns, 0)).toBeUndefined();
    const wide = { data: Float32Array.from({ length: 70_000 }, (_, j) => j % 7), rows: 1, columns: 70_000 };
    const flat = { mean: new Float64Array(70_000), scale: new Float64Array(70_000).fill(1) };
    const none = rowHessian(await gramOf(wide), [0], [1], { ...flat, constant: 0, regularised: 70_000 }, 0);
    expect(none).toBeUndefined();
  });
});

describe('dampedDiagonal', () => {
  it('takes a tenth of what the data add to the identity, and all of what has no identity', () => {
    const { lifetime, apply } = dampedDiagonal(Float64Array.of(1, 6, 4, 0), 2);
    const out = new Float64Array(4);
    apply(Float64Array.of(2, 3, 2, 5), out);
    [2, 3 / 1.5, 2 / 4, 5].forEach((value, j) => {
      expect(out[j]).toBeCloseTo(value, 14);
    });
    expect(lifetime).toBe(16);
    dampedDiagonal(Float64Array.of(1, 6)).apply(Float64Array.of(2, 3), out);
    expect(out[1]).toBeCloseTo(2, 14);
  });

  it('inverts it together with a matrix of rank one', () => {
    const [diagonal, vector, r] = [normal(6).map((value) => 1 + value * value), normal(6), normal(6)];
    const h = Matrix.diag([...diagonal].map((value) => 0.9 + 0.1 * value));
    const column = Matrix.columnVector([...vector]);
    for (const weight of [3, 0]) {
      const expected = inverse(Matrix.add(h, column.mmul(column.transpose()).mul(weight)), r);
      const out = r.slice();
      dampedDiagonal(diagonal, 6, { vector, weight }).apply(out, out);
      expect(apart(out, expected)).toBeLessThan(1e-12 * length(expected));
    }
  });
});
