import { type FeatureMatrix, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { denseProducts } from '../../src/products/denseProducts.js';
import { density, packedProducts } from '../../src/products/packedProducts.js';
import { type Products, plainProducts } from '../../src/products/products.js';
import { startWasm, type WasmFunctions } from '../../src/products/wasm.js';
import { memoryRows } from '../../src/rows/rows.js';
import type { Targets } from '../../src/rows/targets.js';

const functions = async (): Promise<WasmFunctions> => (await startWasm())!;
const now = () => undefined;

/** Features of which some are zero, and whose columns differ in scale. */
function features(rows: number, columns: number, filled: number, signed = true) {
  const random = new Random('products');
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    if (random.uniform() >= filled) return 0;
    const value = 2 ** (((i % columns) % 5) - 2) * random.normal();
    return signed ? value : Math.abs(value);
  });
  return { x: { data, rows, columns }, random };
}

/** All sizes of a packed number in its column's units, in ascending order. */
const SIZES = Array.from({ length: 2048 }, (_, bits) => 2 ** ((bits >> 7) - 15) * (1 + (bits % 128) / 128) - 2 ** -15);

/** The power of two that a column's largest absolute value is at least once and less than twice. */
function unitsOf({ data, columns }: FeatureMatrix): number[] {
  const peaks = new Float64Array(columns);
  for (const [i, value] of data.entries()) peaks[i % columns] = Math.max(peaks[i % columns], Math.abs(value));
  return Array.from(peaks, (peak) => {
    let unit = 1;
    while (unit > peak && peak > 0) unit /= 2;
    while (2 * unit <= peak) unit *= 2;
    return unit;
  });
}

/** The features as they are packed: each number becomes the nearest that can be packed. */
function rounded(x: FeatureMatrix): FeatureMatrix {
  const units = unitsOf(x);
  const data = x.data.map((value, i) => {
    const unit = units[i % x.columns];
    const size = Math.abs(value) / unit;
    let [low, high] = [0, SIZES.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (SIZES[middle] <= size) low = middle;
      else high = middle;
    }
    return Math.sign(value) * unit * (size - SIZES[low] < SIZES[high] - size ? SIZES[low] : SIZES[high]);
  });
  return { ...x, data };
}

it.each([false, true])('packed features, signed: %s, are off by a 256th at most', (signed) => {
  const { x } = features(50, 60, 0.5, signed);
  const units = unitsOf(x);
  const { data } = rounded(x);
  for (let i = 0; i < data.length; i++) {
    const most = Math.abs(x.data[i]) / 256 + 2 ** -23 * units[i % 60];
    expect(Math.abs(data[i] - x.data[i])).toBeLessThanOrEqual(most);
  }
});

const same = (x: FeatureMatrix) => x;

describe.each<
  [
    name: string,
    make: (x: FeatureMatrix) => Promise<Products>,
    digits: number,
    /** The features that passes which need not be exact are of. */
    seen: (x: FeatureMatrix) => FeatureMatrix,
  ]
>([
  ['plain', async (x) => plainProducts(memoryRows(x)), 10, same],
  ['dense', async (x) => denseProducts(memoryRows(x), await functions(), new Float64Array(x.columns)), 4, same],
  ['packed', async (x) => (await packedProducts(x, await functions(), now)).products, 4, rounded],
])('%s products', (_name, make, digits, seen) => {
  it.each([
    [1, 1, 1, 1, false],
    [4, 3, 2, 0.7, true],
    [7, 5, 3, 0, false],
    [11, 16, 7, 0.3, true],
    [300, 5, 8, 0.5, false],
    [259, 40, 9, 0.2, true],
    [259, 40, 9, 0.2, false],
    [70, 1100, 17, 0.002, true],
    [70, 1100, 17, 0.002, false],
  ])('of %i×%i features, %i columns, %d of them filled, signed: %s', async (n, d, count, filled, signed) => {
    const { x, random } = features(n, d, filled, signed);
    const v = Float64Array.from({ length: count * d }, () => random.normal());
    const products = await make(x);
    for (const exact of [false, true, false]) {
      const { data } = exact ? x : seen(x);
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
            for (let j = 0; j < d; j++) sum += data[(first + i) * d + j] * v[c * d + j];
            off = Math.max(off, Math.abs(scores[c * rows + i] - sum));
            for (let j = 0; j < d; j++) expected[c * d + j] += data[(first + i) * d + j] * scores[c * rows + i];
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

it('packed products are the same to the bit in columns of other units', async () => {
  const { x, random } = features(40, 50, 0.2);
  const scales = Array.from({ length: 50 }, (_, j) => 2 ** ((j % 3) * 100 - 100));
  const scaled = { ...x, data: x.data.map((value, i) => value * scales[i % 50]) };
  const v = Float64Array.from({ length: 50 }, () => random.normal());
  const pass = async (x: FeatureMatrix, v: Float64Array) => {
    const { products } = await packedProducts(x, await functions(), now);
    const scores = new Float64Array(40);
    const sums = new Float64Array(50);
    products.begin(v, 1, false);
    products.scores(0, 40, scores);
    products.accumulate(0, 40, scores);
    products.end(sums);
    return { scores, sums };
  };
  const { scores, sums } = await pass(x, v);
  const other = await pass(
    scaled,
    v.map((value, j) => value / scales[j]),
  );
  expect(other.scores).toEqual(scores);
  expect(other.sums).toEqual(sums.map((sum, j) => sum * scales[j]));
});

describe('hinge passes of packed products', () => {
  const [n, d] = [150, 1100];
  const firm = 0.1;

  it.each([
    ['one group of classes', 3, false, false],
    ['soft labels', 3, true, false],
    ['two groups of classes', 10, false, false],
    ['two groups of classes with soft labels', 10, true, false],
    ['one group of classes, in float64', 3, false, true],
    ['two groups of classes, in float64', 10, false, true],
  ])('%s, against the definition', async (_name, k, soft, exact) => {
    const { x, random } = features(n, d, 0.02, k === 10);
    // A row of zeros, and a gap of many steps.
    x.data.fill(0, 0, d);
    x.data.fill(0, d + 2, d + 1000);
    const { data } = exact ? x : rounded(x);
    const labels = Uint8Array.from({ length: n }, (_, i) => i % k);
    const shares = Float64Array.from({ length: k * n }, () => random.uniform());
    const targets: Targets = {
      k,
      labels,
      ...(soft ? { shares } : {}),
      weights: Float64Array.from({ length: n }, () => 0.5 + random.uniform()),
      own: Float64Array.from({ length: k }, () => 0.5 + random.uniform()),
      rest: Float64Array.from({ length: k }, () => 0.5 + random.uniform()),
    };
    const { products } = await packedProducts(x, await functions(), now);
    expect(products.blockRows).toBeLessThan(n / 2);
    const hinge = products.hinge!(targets);
    expect(hinge.exact).toBe(!soft);
    const bends = new Float64Array(k * n);

    const check = (queries: { problem: number; kind: 'point' | 'direction' }[]) => {
      const count = queries.length;
      const v = Float64Array.from({ length: count * d }, () => random.normal());
      const bias = Float64Array.from({ length: count }, () => random.normal());
      const pass = hinge.pass(queries, v, bias, exact);
      for (let first = 0; first < n; first += products.blockRows) pass.block(first);
      const out = new Float64Array(count * d);
      const found = pass.end(out);
      for (const [c, { problem, kind }] of queries.entries()) {
        const sums = new Float64Array(d);
        const expected = { total: 0, loss: 0, firm: 0 };
        for (let i = 0; i < n; i++) {
          let z = bias[c];
          for (let j = 0; j < d; j++) z += data[i * d + j] * v[c * d + j];
          const share = soft ? shares[problem * n + i] : Number(labels[i] === problem);
          const p = targets.weights[i] * targets.own[problem] * share;
          const q = targets.weights[i] * targets.rest[problem] * (1 - share);
          let r = z * bends[problem * n + i];
          if (kind === 'point') {
            const [below, above] = [Math.max(0, 1 - z), Math.max(0, 1 + z)];
            r = 2 * (q * above - p * below);
            bends[problem * n + i] = 2 * ((below > 0 ? p : 0) + (above > 0 ? q : 0));
            expected.loss += p * below ** 2 + q * above ** 2;
            expected.firm += 2 * ((below > firm ? p : 0) + (above > firm ? q : 0));
          }
          expected.total += r;
          for (let j = 0; j < d; j++) sums[j] += data[i * d + j] * r;
        }
        expect(found[c].total).toBeCloseTo(expected.total, exact ? 9 : 2);
        if (kind === 'point') {
          expect(found[c].loss).toBeCloseTo(expected.loss, exact ? 9 : 2);
          expect(found[c].firm).toBeCloseTo(expected.firm, exact ? 9 : 3);
        }
        const worst = sums.reduce((most, sum, j) => Math.max(most, Math.abs(sum - out[c * d + j])), 0);
        expect(worst).toBeLessThan(exact ? 1e-9 : 1e-2);
      }
      // Those of problems that were not asked for stay as they were.
      const active = hinge.active();
      for (let problem = 0; problem < k; problem++) {
        const at = active.offset(problem);
        for (let i = 0; i < n; i++) {
          const share = soft ? shares[problem * n + i] : Number(labels[i] === problem);
          const [under, over] = [0, 1].map((side) => (active.data[at + 2 * i + side] >> (problem % 8)) & 1);
          const bend = under * targets.own[problem] * share + over * targets.rest[problem] * (1 - share);
          expect(2 * targets.weights[i] * bend).toBeCloseTo(bends[problem * n + i], 9);
        }
      }
    };
    check(Array.from({ length: k }, (_, problem) => ({ problem, kind: 'point' })));
    if (exact) {
      check([
        { problem: k - 1, kind: 'point' },
        { problem: 0, kind: 'point' },
      ]);
      return;
    }
    check(Array.from({ length: k }, (_, problem) => ({ problem, kind: problem % 2 === 0 ? 'point' : 'direction' })));
    check([{ problem: k - 1, kind: 'direction' }]);
    check([
      { problem: 1, kind: 'direction' },
      { problem: 0, kind: 'point' },
    ]);
  });

  it('begins the next fit without the active sides of the one before', async () => {
    const { x } = features(n, d, 0.02);
    const weights = new Float64Array(n).fill(1);
    const targets = { k: 2, labels: new Uint8Array(n), weights, own: weights, rest: weights };
    const { products } = await packedProducts(x, await functions(), now);
    const pass = products.hinge!(targets).pass(
      [{ problem: 0, kind: 'point' }],
      new Float64Array(d),
      new Float64Array(1),
      false,
    );
    pass.block(0);
    expect(pass.end(new Float64Array(d))[0].loss).toBe(products.blockRows);
    const { data, offset } = products.hinge!(targets).active();
    expect([...data.subarray(offset(0), offset(0) + 2)]).toEqual([0, 0]);
  });
});

it('packedProducts finds the largest row, and one that is not finite', async () => {
  const { x } = features(90, 21, 0.3);
  x.data[40 * 21 + 20] = -100;
  const { radius } = await packedProducts(x, await functions(), now);
  const norms = Array.from({ length: 90 }, (_, i) => Math.hypot(...x.data.subarray(i * 21, (i + 1) * 21)));
  expect(radius).toBeCloseTo(Math.max(...norms), 9);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    x.data[30 * 21 + 3] = value;
    expect((await packedProducts(x, await functions(), now)).radius).not.toSatisfy(Number.isFinite);
  }
});

describe('the Gram matrix', () => {
  // 33 and 90 rows: the dense product takes 32 at a time. Columns that are dense, sparse, always zero, always filled.
  it.each([1, 33, 90])('of %i rows is the sum of their outer products, of all columns or some', async (count) => {
    const { x, random } = features(90, 21, 0.4);
    for (let i = 0; i < 90; i++) {
      x.data[i * 21 + 4] = 0;
      x.data[i * 21 + 9] = 1 + i;
      for (const j of [2, 12, 13]) if (i % 10 > 0) x.data[i * 21 + j] = 0;
    }
    const { gram } = await packedProducts(x, await functions(), now);
    const columns = [...gram.columns];
    expect(columns.slice(-3)).toEqual([2, 12, 13]);
    expect(columns.sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, j) => j).filter((j) => j !== 4));
    const rows = Array.from({ length: count }, (_, t) => 89 - t);
    const weights = rows.map(() => random.uniform());
    // The last three have one dense column, no dense column, and no column at all.
    const choices = [
      () => true,
      // 11 dense columns: the last row of a tile is beyond them.
      (j: number) => j < 15,
      (j: number) => j % 2 === 0,
      (j: number) => j < 3,
      (j: number) => j === 12,
      () => false,
    ];
    for (const [c, chosen] of choices.entries()) {
      const some = gram.columns.filter(chosen);
      const size = some.length;
      const at = gram.memory(c, 2 * size * (size + 1))!;
      const sum = () => gram.wasm.floats(at, (size * (size + 1)) / 2);
      const value = (row: number, place: number) => x.data[row * 21 + some[place]];
      for (const times of [1, 2]) {
        gram.add(rows, weights, some, at);
        for (let a = 0, e = 0; a < size; a++) {
          for (let b = 0; b <= a; b++) {
            const expected = rows.reduce((all, row, t) => all + weights[t] * value(row, a) * value(row, b), 0);
            expect(Math.abs(sum()[e++] - times * expected)).toBeLessThan(1e-5 * (1 + Math.abs(times * expected)));
          }
        }
      }
    }
    const { sums, squares } = gram.moments(rows, weights);
    for (let j = 0; j < 21; j++) {
      const sumOf = (power: number) => rows.reduce((all, i, t) => all + weights[t] * x.data[i * 21 + j] ** power, 0);
      expect(Math.abs(sums[j] - sumOf(1))).toBeLessThanOrEqual(1e-6 * sumOf(2));
      expect(Math.abs(squares[j] - sumOf(2))).toBeLessThanOrEqual(1e-6 * sumOf(2));
    }
  });

  it('has one block of memory for each name', async () => {
    const { gram } = await packedProducts(features(9, 5, 0.4).x, await functions(), now);
    const first = gram.memory('a', 100)!;
    expect(gram.memory('b', 100)).toBeGreaterThanOrEqual(first + 100);
    expect(gram.memory('a', 100)).toBe(first);
  });
});

it('density counts what is not zero', () => {
  expect(density(features(2000, 30, 0.3).x)).toBeCloseTo(0.3, 1);
  expect(density({ data: new Float32Array(6), rows: 3, columns: 2 })).toBe(0);
});
