import { type FeatureMatrix, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { type DesignOptions, makeDesign } from '../../src/linear/design.js';
import type { Frame } from '../../src/linear/frame.js';
import type { Sample } from '../../src/linear/preconditioners.js';
import { denseProducts } from '../../src/products/denseProducts.js';
import { makeGram } from '../../src/products/gram.js';
import { packedProducts } from '../../src/products/packedProducts.js';
import { plainProducts } from '../../src/products/products.js';
import { startWasm } from '../../src/products/wasm.js';
import { memoryRows, type Rows } from '../../src/rows/rows.js';
import { oneVsRestTargets } from '../../src/rows/targets.js';

/* What objectives.test.ts leaves open: other frames, sources that are read, and preconditioners from some of the rows. */
const d = 3;
const random = new Random('design');
const normal = (length: number) => Float64Array.from({ length }, () => random.normal());
const now = () => undefined;
const matrix = (rows: number): FeatureMatrix => ({ data: Float32Array.from(normal(rows * d)), rows, columns: d });
const frame: Frame = {
  mean: Float64Array.of(0.5, -0.25, 1),
  scale: Float64Array.of(2, 1, 0.5),
  standardised: false,
  radius: 4,
  size: Float64Array.of(1, 10, 100),
};
const centred: Frame = { ...frame, mean: new Float64Array(d), scale: new Float64Array(d).fill(1) };
const plainFrame: Frame = { ...frame, scale: new Float64Array(d).fill(1) };

function designOf(x: FeatureMatrix, own: Frame, bias: DesignOptions['bias'], sample: Sample = { x }) {
  const products = { ...plainProducts(memoryRows(x)), blockRows: 4 };
  return makeDesign(memoryRows(x), own, { bias, biasScaling: 2 }, products, sample, now);
}

const FRAMES: readonly [string, Frame, DesignOptions['bias']][] = [
  ['the solver’s frame, a regularised bias', plainFrame, 'regularised'],
  ['the solver’s frame, a free bias', plainFrame, 'free'],
  ['the solver’s frame, no bias', plainFrame, 'none'],
  ['a standardised frame, a regularised bias', { ...frame, standardised: true }, 'regularised'],
  ['a standardised frame, a free bias', { ...frame, standardised: true }, 'free'],
  ['a standardised frame, no bias', { ...frame, standardised: true }, 'none'],
];

describe.each(FRAMES)('a design with %s', (_, own, bias) => {
  const x = matrix(10);
  const make = () => designOf(x, own, bias);
  const constant = bias === 'none' ? 0 : bias === 'free' ? 1 : 2;
  const mean = bias === 'none' && !own.standardised ? new Float64Array(d) : own.mean;
  const row = (i: number) => Array.from(mean, (m, j) => (x.data[i * d + j] - m) / own.scale[j]);
  /** The score of a row, by the columns of the design. */
  const score = (v: Float64Array, i: number) =>
    row(i).reduce((sum, a, j) => sum + a * v[j], constant === 0 ? 0 : constant * v[d]);

  it('scores rows and sums them up, of any number of columns in turn', async () => {
    const design = make();
    for (const count of [1, 3, 2]) {
      const v = normal(count * design.size);
      const out = new Float64Array(count * design.size);
      const seen = Array.from({ length: count }, () => new Array<number>(10));
      const respond = (scores: Float64Array, first: number, rows: number) => {
        for (let c = 0; c < count; c++) {
          for (let i = 0; i < rows; i++) {
            seen[c][first + i] = scores[c * rows + i];
            scores[c * rows + i] = first + i + c;
          }
        }
      };
      await design.pass(v, count, respond, out, { exact: true, every: 1 });
      for (let c = 0; c < count; c++) {
        const column = v.subarray(c * design.size, (c + 1) * design.size);
        const sums = new Float64Array(design.size);
        for (let i = 0; i < 10; i++) {
          expect(seen[c][i]).toBeCloseTo(score(column, i), 12);
          row(i).forEach((a, j) => {
            sums[j] += (i + c) * a;
          });
          if (constant !== 0) sums[d] += (i + c) * constant;
        }
        sums.forEach((sum, j) => {
          expect(out[c * design.size + j]).toBeCloseTo(sum, 11);
        });
      }
    }
  });

  it('gives the same sums in float32, of products that subtract a centre of their own', async () => {
    const centre = Float64Array.of(0.25, 0.5, 1);
    const products = denseProducts(memoryRows(x), (await startWasm())!, centre);
    const inexact = makeDesign(memoryRows(x), own, { bias, biasScaling: 2 }, products, { x }, now);
    const v = normal(inexact.size);
    const sums = async (design: typeof inexact, exact: boolean) => {
      const out = new Float64Array(design.size);
      await design.pass(v, 1, () => undefined, out, { exact, every: 1 });
      return out;
    };
    const expected = await sums(make(), true);
    const found = await sums(inexact, false);
    const apart = Math.hypot(...expected.map((value, j) => found[j] - value));
    expect(apart / Math.hypot(...expected)).toBeLessThan(1e-5);
  });

  it('is turned into weights of the features, and back', () => {
    const design = make();
    const v = normal(2 * design.size);
    const { weights, bias: biases } = design.fold(v, 2);
    for (let c = 0; c < 2; c++) {
      for (let i = 0; i < 10; i++) {
        let found = biases[c];
        for (let j = 0; j < d; j++) found += x.data[i * d + j] * weights[j * 2 + c];
        expect(found).toBeCloseTo(score(v.subarray(c * design.size, (c + 1) * design.size), i), 12);
      }
    }
    design.unfold(weights, biases).forEach((value, j) => {
      expect(value).toBeCloseTo(v[j], 12);
    });
  });

  it('measures vectors', () => {
    const design = make();
    const v = normal(design.size);
    const terms = Math.abs(v[0]) + 10 * Math.abs(v[1]) + 100 * Math.abs(v[2]);
    expect(design.termsOf(v)).toBeCloseTo(terms + (constant === 0 ? 0 : constant * Math.abs(v[d])), 11);
    expect(design.weightSquare(v)).toBeCloseTo(v[0] ** 2 + v[1] ** 2 + v[2] ** 2, 12);
    // The radius is that of the frame's centre, which without a bias isn't subtracted.
    expect(design.radius).toBe(mean === own.mean ? 4 : 4 + Math.hypot(0.5, 0.25, 1));
    expect([design.rows, design.freeBias]).toEqual([10, bias === 'free']);
    expect(design.biasCost).toBe({ regularised: 1 / 4, free: 0, none: Number.POSITIVE_INFINITY }[bias]);
  });
});

describe('the size of a gradient', () => {
  it('leaves out what is below the rounding of its column', () => {
    const noise = 0.01;
    // Limits of 0.01, 0.1 and 1, and of 0.02 for the constant of 2.
    const design = designOf(matrix(4), centred, 'regularised');
    expect(design.sizeOf(Float64Array.of(0.02, 0.05, 0.5, 0.03), noise)).toEqual({
      square: 0.02 ** 2 + 0.03 ** 2,
      bias: 0,
    });
    expect(design.sizeOf(Float64Array.of(0.01, 0.2, 2, 0.02), noise)).toEqual({ square: 0.2 ** 2 + 2 ** 2, bias: 0 });
    const free = designOf(matrix(4), centred, 'free');
    expect(free.sizeOf(Float64Array.of(3, 0, 0, -0.02), noise)).toEqual({ square: 9, bias: 0.02 });
    expect(free.sizeOf(Float64Array.of(3, 0, 0, -0.01), noise)).toEqual({ square: 9, bias: 0 });
    expect(designOf(matrix(4), centred, 'none').sizeOf(Float64Array.of(3, 0, 0), noise)).toEqual({
      square: 9,
      bias: 0,
    });
  });
});

describe('a pass', () => {
  const x = matrix(10);

  it('waits for rows that are fetched', async () => {
    const buffer = new Float32Array(4 * d);
    const source: Rows = {
      rows: 10,
      columns: d,
      async ready(first, count) {
        expect(first + count).toBeLessThanOrEqual(10);
        buffer.fill(Number.NaN);
        await new Promise((resolve) => setImmediate(resolve));
        buffer.set(x.data.subarray(first * d, (first + count) * d));
      },
      block: (_, count) => buffer.subarray(0, count * d),
    };
    const products = { ...plainProducts(source), blockRows: 4 };
    const options = { bias: 'none', biasScaling: 1 } as const;
    const design = makeDesign(source, centred, options, products, { x }, now);
    const out = new Float64Array(d);
    await design.pass(Float64Array.of(1, 0, 0), 1, () => undefined, out, { exact: true, every: 1 });
    const expected = Array.from({ length: 10 }, (_, i) => x.data[i * d] ** 2).reduce((a, b) => a + b);
    expect(out[0]).toBeCloseTo(expected, 6);
  });

  it('pauses before each block, and stops where the pause does', async () => {
    const wide: FeatureMatrix = { data: new Float32Array(3000 * 100).fill(1), rows: 3000, columns: 100 };
    const { products } = await packedProducts(wide, (await startWasm())!, now);
    const blocks = Math.ceil(3000 / products.blockRows);
    expect(blocks).toBeGreaterThan(2);
    const zeros = new Float64Array(100);
    const own: Frame = { ...centred, mean: zeros, scale: zeros.map(() => 1), size: zeros };
    let left = Number.POSITIVE_INFINITY;
    let pauses = 0;
    const pause = () => {
      pauses++;
      return left-- > 0 ? undefined : Promise.reject(new Error('enough'));
    };
    const options = { bias: 'none', biasScaling: 1 } as const;
    const design = makeDesign(memoryRows(wide), own, options, products, { x: wide }, pause);
    const labels = Uint8Array.from({ length: 3000 }, (_, i) => i % 2);
    const targets = oneVsRestTargets({ labels, classes: ['a', 'b'] }, 3000, { C: 1, classWeight: undefined });
    const hinge = design.hinge!(targets);
    const counted = async (count: number, every: number) => {
      const before = design.passes;
      const queries = Array.from({ length: count }, (_, problem) => ({ problem, kind: 'point' as const }));
      const [v, out] = [new Float64Array(100 * count), new Float64Array(100 * count)];
      const sums = await design.hingePass(v, queries, hinge, out, { exact: false, every });
      // The gradient of each class at 0 is −2 Σ ± x, which is 0 for as many rows of one as of the other.
      expect(out.every((value) => Math.abs(value) < 1e-3)).toBe(true);
      return [design.passes - before, sums.length];
    };
    expect(await counted(1, 1)).toEqual([1, 1]);
    expect(await counted(2, 1)).toEqual([1, 2]);
    expect(await counted(2, 2)).toEqual([0.5, 2]);
    const passes = [
      () => design.pass(zeros, 1, () => undefined, zeros.slice(), { exact: true, every: 1 }),
      () => design.hingePass(zeros, [{ problem: 0, kind: 'point' }], hinge, zeros.slice(), { exact: false, every: 1 }),
    ];
    for (const pass of passes) {
      [pauses, left] = [0, Number.POSITIVE_INFINITY];
      await pass();
      expect(pauses).toBe(blocks);
      left = 1;
      await expect(pass()).rejects.toThrow('enough');
    }
  });
});

describe('a preconditioner', () => {
  const r = Float64Array.of(1, 1, 1);
  const applied = (preconditioner: { apply(r: Float64Array, out: Float64Array): void }) => {
    const out = new Float64Array(d);
    preconditioner.apply(r, out);
    return out;
  };
  /** Writes these weights of the rows. */
  const weighing = (weight: (row: number) => number) => (out: Float32Array) => {
    for (let i = 0; i < out.length; i++) out[i] = weight(i);
  };
  /** The damped diagonal of some rows of equal weight, for a centred frame without bias. */
  const diagonal = ({ data }: FeatureMatrix, rows: readonly number[], weight: number) =>
    Float64Array.from({ length: d }, (_, j) => {
      const sum = rows.reduce((total, i) => total + weight * data[i * d + j] ** 2, 0);
      return 1 / (1 + 0.1 * sum);
    });
  const expectClose = (found: Float64Array, expected: Float64Array) =>
    expected.forEach((value, j) => {
      expect(found[j] / value).toBeCloseTo(1, 9);
    });

  it('is made from 512 rows with a weight, spread evenly, as if they were all', () => {
    const x = matrix(1500);
    const heavy = Array.from({ length: 1500 }, (_, i) => i).filter((i) => i % 3 > 0);
    const taken = Array.from({ length: 512 }, (_, t) => heavy[Math.floor((t * 1000) / 512)]);
    const preconditioner = designOf(x, centred, 'none').precondition(
      0,
      weighing((row) => (row % 3 > 0 ? 2 : 0)),
    );
    expect(preconditioner.lifetime).toBe(16);
    expectClose(applied(preconditioner), diagonal(x, taken, (2 * 1000) / 512));
  });

  it('has the penalty of the bias in its diagonal where that is one of the standardised columns', () => {
    const design = designOf(matrix(10), { ...frame, standardised: true }, 'regularised');
    const out = new Float64Array(d + 1);
    design.precondition(0, (out) => out.fill(3)).apply(Float64Array.of(0, 0, 0, 1), out);
    // The constant is 2.
    expect(out[d]).toBeCloseTo(1 / (0.9 + 0.1 * (1 + 4 * 30)), 12);
  });

  it('is made from the rows of a sample, which stand for all', () => {
    const [x, few] = [matrix(40), matrix(10)];
    const rows = Array.from({ length: 10 }, (_, i) => 4 * i + 1);
    const weight = (row: number) => (row < 20 ? 3 : 0);
    const preconditioner = designOf(x, centred, 'none', { x: few, rows }).precondition(0, weighing(weight));
    expectClose(applied(preconditioner), diagonal(few, [0, 1, 2, 3, 4], (3 * 40) / 10));
  });

  it('is a diagonal first, then the whole Hessian of twice as many rows each time, if that pays', async () => {
    const x = matrix(5000);
    const gram = makeGram(x, (await startWasm())!, Uint32Array.of(3, 2, 1));
    const lifetimes = (own: Frame, bias: DesignOptions['bias']) => {
      const design = designOf(x, own, bias, { x, gram });
      return [0, 0, 0, 1, 0, 1].map((slot) => design.precondition(slot, (out) => out.fill(0.001)).lifetime);
    };
    const whole = (rows: number) => 12 + rows / 128;
    const found = lifetimes(plainFrame, 'free');
    const rows = 128 * (found[1] - 12);
    expect(rows).toBeGreaterThan(128);
    const expected = [1, whole(rows), whole(2 * rows), 1, whole(4 * rows), whole(rows)];
    expect(found).toEqual(expected);
    expect(lifetimes(centred, 'regularised')).toEqual(expected);
    // The penalty of the bias couples all columns here.
    expect(lifetimes(plainFrame, 'regularised')).toEqual([1, 1, 1, 1, 1, 1]);
    const partly = { ...plainFrame, mean: Float64Array.of(0, 0, 1) };
    expect(lifetimes(partly, 'regularised')).toEqual([1, 1, 1, 1, 1, 1]);
    // Of 128 rows.
    const first = designOf(x, centred, 'none', { x, gram }).precondition(0, (out) => out.fill(1));
    const taken = Array.from({ length: 128 }, (_, t) => Math.floor((t * 5000) / 128));
    expectClose(applied(first), diagonal(x, taken, 5000 / 128));
  });

  it('is the same first whole Hessian for all problems, where they have one in common', async () => {
    const x = matrix(5000);
    const gram = makeGram(x, (await startWasm())!, Uint32Array.of(3, 2, 1));
    const design = designOf(x, centred, 'none', { x, gram });
    const own = weighing((row) => (row % 2) * 0.002);
    const common = weighing(() => 0.001);
    for (const slot of [0, 1]) expect(design.precondition(slot, own, { common }).lifetime).toBe(1);
    const shared = design.precondition(0, own, { common });
    expect(design.precondition(1, own, { common })).toBe(shared);
    const alone = designOf(x, centred, 'none', { x, gram });
    alone.precondition(0, common);
    const reference = applied(alone.precondition(0, common));
    // 768 rows of the same weight, here 1,536.
    applied(shared).forEach((value, j) => {
      expect(Math.abs(value / reference[j] - 1)).toBeLessThan(0.2);
    });
    const next = design.precondition(0, own, { common });
    expect(next).not.toBe(shared);
    expect(next.lifetime).toBe(12 + 1536 / 128);
  });

  it('of the whole Hessian is close to its inverse, and a diagonal where there is none', async () => {
    const x = matrix(200);
    const gram = makeGram(x, (await startWasm())!, Uint32Array.of(3, 2, 1));
    const design = designOf(x, centred, 'none', { x, gram });
    design.precondition(0, (out) => out.fill(1));
    const inverse = applied(design.precondition(0, (out) => out.fill(1)));
    // (I + XᵀX) applied to it gives r again.
    const back = Float64Array.from({ length: d }, (_, j) => {
      let sum = inverse[j];
      for (let i = 0; i < 200; i++) {
        for (let l = 0; l < d; l++) sum += x.data[i * d + j] * x.data[i * d + l] * inverse[l];
      }
      return sum;
    });
    back.forEach((value) => {
      expect(Math.abs(value - 1)).toBeLessThan(0.05);
    });
    // Nothing holds a free bias where no row has a weight.
    const free = designOf(x, centred, 'free', { x, gram });
    free.precondition(0, (out) => out.fill(1));
    const fallback = free.precondition(0, (out) => out.fill(0));
    expect(fallback.lifetime).toBe(16);
    const out = new Float64Array(d + 1);
    fallback.apply(Float64Array.of(1, 2, 3, 4), out);
    expect(out).toEqual(Float64Array.of(1, 2, 3, 4));
  });

  it('inverts few rows of many columns through their products, if that pays', async () => {
    const [n, columns] = [90, 150];
    const data = Float32Array.from({ length: n * columns }, () => (random.uniform() < 0.2 ? random.normal() : 0));
    const x = { data, rows: n, columns };
    const { gram, products } = await packedProducts(x, (await startWasm())!, now);
    const zeros = new Float64Array(columns);
    const own = { mean: zeros, scale: zeros.map(() => 1), standardised: false, radius: 10, size: zeros.map(() => 1) };
    const designed = () => makeDesign(memoryRows(x), own, { bias: 'none', biasScaling: 1 }, products, { x, gram }, now);
    const [r, out] = [normal(columns), new Float64Array(columns)];
    /** ‖(I + XᵀX) out − r‖ / ‖r‖. */
    const error = () => {
      const back = out.map((value, j) => value - r[j]);
      for (let i = 0; i < n; i++) {
        let score = 0;
        for (let j = 0; j < columns; j++) score += data[i * columns + j] * out[j];
        for (let j = 0; j < columns; j++) back[j] += score * data[i * columns + j];
      }
      return Math.hypot(...back) / Math.hypot(...r);
    };
    const ones = weighing(() => 1);
    const design = designed();
    const first = design.precondition(0, ones);
    const second = design.precondition(0, ones);
    // A product of so few values costs little: the diagonal is kept for longer.
    expect(first.lifetime).toBeGreaterThan(16);
    expect(second.lifetime).toBe(first.lifetime + 11);
    second.apply(r, out);
    expect(error()).toBeLessThan(1e-3);

    // Columns are factored into bytes.
    const limited = designed();
    expect(limited.precondition(0, ones, { mostProducts: 12 }).lifetime).toBe(1);
    const columnwise = limited.precondition(0, ones, { mostProducts: 12 });
    expect(columnwise.lifetime).toBe(12 + 90 / 128);
    columnwise.apply(r, out);
    expect(error()).toBeGreaterThan(1e-3);
    expect(error()).toBeLessThan(0.2);
  });
});
