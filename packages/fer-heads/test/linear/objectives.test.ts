import { type FeatureMatrix, type Labels, Random } from 'fer-core';
import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { type Design, makeDesign } from '../../src/linear/design.js';
import type { Frame } from '../../src/linear/frame.js';
import { entropyBias, hingeBias, invertBiasHessian } from '../../src/linear/freeBias.js';
import { multinomial } from '../../src/linear/multinomial.js';
import { squaredHinge } from '../../src/linear/squaredHinge.js';
import { gapOf } from '../../src/linear/stopping.js';
import { minimise, type Objective } from '../../src/newton/newton.js';
import type { Query } from '../../src/newton/query.js';
import { packedProducts } from '../../src/products/packedProducts.js';
import { type Products, plainProducts } from '../../src/products/products.js';
import { startWasm } from '../../src/products/wasm.js';
import { memoryRows } from '../../src/rows/rows.js';
import { oneVsRestTargets, rowTargets } from '../../src/rows/targets.js';

/*
 * The objectives of the heads against their formulas, written out in float64 over a design matrix that is stored: in
 * several blocks of rows, with row weights, class weights and soft labels, for each kind of bias.
 */
const [n, d, k, BLOCK] = [50, 4, 3, 8];
const random = new Random('objectives');
const normal = (length: number) => Float64Array.from({ length }, () => random.normal());
const now = () => undefined;
const x: FeatureMatrix = {
  data: Float32Array.from({ length: n * d }, (_, e) => (random.uniform() < 0.3 ? 1 + (e % d) + random.normal() : 0)),
  rows: n,
  columns: d,
};
const labels = Uint8Array.from({ length: n }, (_, i) => (i < k ? i : random.int(k)));
const classes = ['a', 'b', 'c'];
const soft = Float32Array.from({ length: n * k }, (_, e) => (labels[Math.floor(e / k)] === e % k ? 0.7 : 0.15));
const weighting = {
  C: 0.3,
  classWeight: [1, 2, 0.5],
  sampleWeight: Float64Array.from({ length: n }, () => random.uniform()),
};
const LABELS: readonly [string, Labels][] = [
  ['hard', { labels, classes }],
  ['soft', { labels, classes, soft }],
];
type Bias = 'regularised' | 'free' | 'none';
const CASES = (['regularised', 'free', 'none'] as const).flatMap((bias) =>
  LABELS.map(([kind, y]) => [bias, kind, y] as const),
);

/** A design, and the same as matrices: A and the penalty's R. */
function setting(bias: Bias, products: Products = { ...plainProducts(memoryRows(x)), blockRows: BLOCK }) {
  const mean = Float64Array.from({ length: d }, (_, j) => Math.fround(0.2 * (j + 1)));
  const norms = Array.from({ length: n }, (_, i) => Math.hypot(...mean.map((m, j) => x.data[i * d + j] - m)));
  const frame: Frame = {
    mean,
    scale: new Float64Array(d).fill(1),
    standardised: false,
    radius: Math.max(...norms),
    size: new Float64Array(d).fill(1),
  };
  const constant = bias === 'none' ? 0 : bias === 'free' ? 1 : 2;
  const design = makeDesign(memoryRows(x), frame, { bias, biasScaling: 2 }, products, { x }, now);
  const size = bias === 'none' ? d : d + 1;
  const A = Matrix.zeros(n, size);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) A.set(i, j, x.data[i * d + j] - (bias === 'none' ? 0 : mean[j]));
    if (bias !== 'none') A.set(i, d, constant);
  }
  // The bias of the columns as they are is β = v_d − Σ v_j mean_j / constant.
  const roots = Matrix.zeros(size, size);
  for (let j = 0; j < d; j++) roots.set(j, j, 1);
  if (bias === 'regularised') roots.setRow(d, [...mean.map((m) => -m / constant), 1]);
  const R = roots.transpose().mmul(roots);
  return { design, A, R, size, constant, mean };
}

async function ask(objective: Objective, kind: Query['kind'], vectors: readonly (Float64Array | undefined)[]) {
  const queries = vectors.flatMap((vector, problem): Query[] =>
    vector ? [{ problem, kind, vector, out: new Float64Array(vector.length).fill(7), value: 0 }] : [],
  );
  await objective.answer(queries);
  return queries;
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, digits: number): void {
  expect(found.length).toBe(expected.length);
  const length = Math.hypot(...Array.from(expected));
  const apart = Math.hypot(...Array.from(expected, (value, j) => found[j] - value));
  expect(apart / length).toBeLessThan(10 ** -digits);
}

const times = (matrix: Matrix, v: ArrayLike<number>) => matrix.mmul(Matrix.columnVector(Array.from(v))).to1DArray();
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, v, j) => sum + v * b[j], 0);
const plus = (a: readonly number[], b: readonly number[]) => a.map((v, j) => v + b[j]);

/** Σ of a block of every two, twice: what passes over every second block estimate. */
const halfOf = (i: number) => (Math.floor(i / BLOCK) % 2 === 0 ? 2 : 0);

/** ½‖g‖² in the variables of the penalty, and the slope of a free bias. */
function sizes({ size, mean, constant }: ReturnType<typeof setting>, bias: Bias, g: ArrayLike<number>) {
  const weights = Array.from({ length: d }, (_, j) =>
    bias === 'regularised' ? g[j] + (mean[j] / constant) * g[d] : g[j],
  );
  const square = dot(weights, weights) + (bias === 'regularised' ? g[size - 1] ** 2 : 0);
  return { square, bias: bias === 'free' ? Math.abs(g[d]) : 0 };
}

/** The inverse that the first preconditioner of a column is: the damped diagonal, and a rank-one matrix. */
function firstInverse(
  { A, size, constant, mean }: ReturnType<typeof setting>,
  bias: Bias,
  weights: readonly number[],
  r: Float64Array,
) {
  const total = weights.reduce((a, b) => a + b, 0);
  const h = Matrix.zeros(size, size);
  for (let j = 0; j < d; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += weights[i] * (A.get(i, j) - (bias === 'none' ? mean[j] : 0)) ** 2;
    h.set(j, j, 1 + 0.1 * sum);
  }
  if (bias !== 'none') h.set(d, d, constant * constant * total);
  if (bias === 'regularised') {
    const v = Matrix.columnVector([...mean.map((m) => -m / constant), 1]);
    h.add(v.mmul(v.transpose()));
  }
  if (bias === 'none') {
    const v = Matrix.columnVector([...mean]);
    h.add(v.mmul(v.transpose()).mul(total));
  }
  return solve(h, Matrix.columnVector([...r])).to1DArray();
}

/** The least value of a function of one number. */
function least(f: (b: number) => number): number {
  let [low, high] = [-50, 50];
  for (let i = 0; i < 200; i++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (f(a) < f(b)) high = b;
    else low = a;
  }
  return f((low + high) / 2);
}

describe('the squared hinge', () => {
  /** Of each class: value, gradient, second derivatives of rows, and those of rows far enough below the margin. */
  function reference(bias: Bias, y: Labels, points: readonly Float64Array[], count = (_: number) => 1) {
    const { A, R } = setting(bias);
    return points.map((v, c) => {
      const z = times(A, v);
      let value = dot(v, times(R, v)) / 2;
      let firm = 0;
      const slopes: number[] = [];
      const bends: number[] = [];
      for (let i = 0; i < n; i++) {
        const share = y.soft ? y.soft[i * k + c] : Number(y.labels[i] === c);
        const weight = count(i) * weighting.C * weighting.sampleWeight[i];
        const p = weight * weighting.classWeight[c] * share;
        const q = weight * (1 - share);
        value += p * Math.max(0, 1 - z[i]) ** 2 + q * Math.max(0, 1 + z[i]) ** 2;
        slopes.push(-2 * p * Math.max(0, 1 - z[i]) + 2 * q * Math.max(0, 1 + z[i]));
        bends.push(2 * (z[i] < 1 ? p : 0) + 2 * (z[i] > -1 ? q : 0));
        firm += 2 * (z[i] < 0.9 ? p : 0) + 2 * (z[i] > -0.9 ? q : 0);
      }
      return { value, gradient: plus(times(R, v), times(A.transpose(), slopes)), bends, firm };
    });
  }

  const masses = (y: Labels, c: number) => {
    let [own, rest] = [0, 0];
    for (let i = 0; i < n; i++) {
      const share = y.soft ? y.soft[i * k + c] : Number(y.labels[i] === c);
      const weight = weighting.C * weighting.sampleWeight[i];
      own += weight * weighting.classWeight[c] * share;
      rest += weight * (1 - share);
    }
    return { own, rest };
  };

  const objectiveOf = (design: Design, y: Labels, passes = { exact: true, every: 1 }) =>
    squaredHinge(oneVsRestTargets(y, n, weighting), n)(design, passes);

  it.each(CASES)('bias %s, %s labels: has its value, gradient and Hessian', async (bias, _, y) => {
    const { design, A, R, size } = setting(bias);
    const objective = objectiveOf(design, y);
    expect([objective.problems, objective.size, objective.fused]).toEqual([k, size, false]);
    const points = classes.map(() => normal(size));
    const expected = reference(bias, y, points);
    const found = await ask(objective, 'point', points);
    const directions = classes.map(() => normal(size));
    // Of some problems only, and in another pass than the points.
    const products = await ask(objective, 'direction', [undefined, directions[1], directions[2]]);
    for (const [c, { value, gradient, bends }] of expected.entries()) {
      expect(found[c].value).toBeCloseTo(value, 9);
      expectClose(found[c].out, gradient, 11);
      const bent = times(A, directions[c]).map((s, i) => s * bends[i]);
      const product = plus(times(R, directions[c]), times(A.transpose(), bent));
      if (c > 0) expectClose(products[c - 1].out, product, 6);
    }
    expect(design.passes).toBe(2);
  });

  it.each(CASES)('bias %s, %s labels: estimates them from every second block', async (bias, _, y) => {
    const { design, A, R, size } = setting(bias);
    const objective = objectiveOf(design, y, { exact: true, every: 2 });
    const points = classes.map(() => normal(size));
    const expected = reference(bias, y, points, halfOf);
    const found = await ask(objective, 'point', points);
    const directions = classes.map(() => normal(size));
    const products = await ask(objective, 'direction', directions);
    for (const [c, { value, gradient, bends }] of expected.entries()) {
      expect(found[c].value).toBeCloseTo(value, 9);
      expectClose(found[c].out, gradient, 11);
      const bent = times(A, directions[c]).map((s, i) => s * bends[i]);
      expectClose(products[c].out, plus(times(R, directions[c]), times(A.transpose(), bent)), 6);
    }
    expect(design.passes).toBe(1);
  });

  /** The bound of a class's gap at a point, given the gradient there and what the reference says of it. */
  function boundOf(
    bias: Bias,
    y: Labels,
    c: number,
    point: Float64Array,
    gradient: Float64Array,
    firm: number,
    value: number,
  ) {
    const set = setting(bias);
    const own = sizes(set, bias, gradient);
    const { radius } = set.design;
    const mass = 2 * (masses(y, c).own + masses(y, c).rest);
    const reach = Math.abs(point[d]) + 1 + Math.sqrt(2 * value) * radius;
    return { far: gapOf(own, reach), bound: gapOf(own, reach, hingeBias(own.bias, firm, mass, radius)) };
  }

  /** Points that are some distance from the solutions. */
  async function nearSolutions(bias: Bias, y: Labels, distance: number): Promise<Float64Array[]> {
    const { design, size } = setting(bias);
    const start = classes.map(() => ({ point: new Float64Array(size) }));
    const options = { exact: true, together: false, tolerance: 1e-9, maxIterations: 100 };
    const minima = await minimise(objectiveOf(design, y), start, options);
    return minima.map(({ point }) => point.map((value) => value + distance * random.normal()));
  }

  it.each(CASES)('bias %s, %s labels: bounds the gap', async (bias, _, y) => {
    const { size } = setting(bias);
    const packed = setting(bias, (await packedProducts(x, (await startWasm())!, now)).products);
    let seenCloser = false;
    for (const points of [
      classes.map(() => normal(size)),
      await nearSolutions(bias, y, 0.1),
      await nearSolutions(bias, y, 1e-4),
    ]) {
      for (const [design, every, digits] of [
        [setting(bias).design, 1, 6],
        [setting(bias).design, 2, 6],
        [packed.design, 1, 1],
      ] as const) {
        const objective = objectiveOf(design, y, { exact: digits > 1, every });
        const found = await ask(objective, 'point', points);
        await ask(objective, 'direction', points);
        const expected = reference(bias, y, points, every === 1 ? () => 1 : halfOf);
        for (const [c, { value, firm }] of expected.entries()) {
          const gradient = found[c].out;
          const { bound, far } = boundOf(bias, y, c, points[c], gradient, firm, value);
          expectClose([objective.gap({ problem: c, point: points[c], value, gradient })], [bound], digits);
          seenCloser ||= bound < far;
        }
      }
    }
    // What lets a search with a free bias end.
    expect(seenCloser).toBe(bias === 'free');
  });

  it('weighs both sides of two classes', async () => {
    const y = { labels: labels.map((label) => Number(label > 0)), classes: ['a', 'b'] };
    const weights = { ...weighting, classWeight: [3, 0.25] };
    const { design, size } = setting('none');
    const objective = squaredHinge(oneVsRestTargets(y, n, weights), n)(design, { exact: true, every: 1 });
    const zeros = new Float64Array(size);
    const expected = dot(
      weights.sampleWeight,
      Array.from(y.labels, (label) => weights.C * weights.classWeight[label]),
    );
    const [{ value }] = await ask(objective, 'point', [zeros]);
    expect(value).toBeCloseTo(expected, 12);
    const place = { problem: 0, point: zeros, value: expected / 2, gradient: zeros };
    expect(objective.scale(place)).toBeCloseTo(expected / 2, 12);
    expect(objective.scale({ ...place, value: 0.9 * expected })).toBeCloseTo(0.1 * expected, 12);
  });

  it.each(CASES)('bias %s, %s labels: knows the best model without features', async (bias, _, y) => {
    const set = setting(bias);
    const objective = objectiveOf(set.design, y);
    for (let c = 0; c < k; c++) {
      const { own, rest } = masses(y, c);
      // The bias of the scores is b; its penalty, where it has one, is ½ (b / 2)².
      const cost = bias === 'regularised' ? 1 / 4 : 0;
      const model = (b: number) => own * (1 - b) ** 2 + rest * (1 + b) ** 2 + (cost * b * b) / 2;
      const constant = bias === 'none' ? own + rest : least(model);
      // A point with no weights and no gap, of a value a tenth below that: this tenth is what features explain.
      const zeros = new Float64Array(set.size);
      const place = { problem: c, point: zeros, value: 0.9 * constant, gradient: zeros };
      expect(objective.scale(place)).toBeCloseTo(0.1 * constant, 9);
      // At least half of the squared weights, too.
      const point = zeros.map((_, j) => (j < d ? 3 : 0));
      expect(objective.scale({ ...place, point, value: 1e6 })).toBeCloseTo((9 * d) / 2, 9);
    }
  });

  it.each(CASES)('bias %s, %s labels: preconditions each problem', async (bias, _, y) => {
    const set = setting(bias);
    const objective = objectiveOf(set.design, y);
    const points = classes.map(() => normal(set.size));
    await ask(objective, 'point', points);
    for (const [c, { bends }] of reference(bias, y, points).entries()) {
      const r = normal(set.size);
      const out = new Float64Array(set.size);
      objective.precondition(c).apply(r, out);
      expectClose(out, firstInverse(set, bias, bends, r), 6);
    }
  });

  it.each(CASES)('bias %s, %s labels: takes float32 where that will do', async (bias, _, y) => {
    const { products } = await packedProducts(x, (await startWasm())!, now);
    const { design, A, R, size } = setting(bias, products);
    const points = classes.map(() => normal(size));
    const directions = classes.map(() => normal(size));
    const expected = reference(bias, y, points);
    for (const exact of [false, true]) {
      const objective = objectiveOf(design, y, { exact, every: 1 });
      expect(objective.fused).toBe(true);
      const found = await ask(objective, 'point', points);
      const products = await ask(objective, 'direction', directions);
      for (const [c, { value, gradient, bends }] of expected.entries()) {
        expectClose([found[c].value], [value], exact ? 11 : 2);
        expectClose(found[c].out, gradient, exact ? 11 : 1.5);
        const bent = times(A, directions[c]).map((s, i) => s * bends[i]);
        expectClose(products[c].out, plus(times(R, directions[c]), times(A.transpose(), bent)), 1.5);
        const r = normal(size);
        const out = new Float64Array(size);
        // Each is made from more rows than the one before: only the first of a design is a diagonal of them all.
        if (!exact) objective.precondition(c).apply(r, out);
        if (!exact) expectClose(out, firstInverse(setting(bias), bias, bends, r), 1.5);
      }
      // Points and directions of one call are answered by passes of their own, each with its own problems.
      const mixed: Query[] = [
        { problem: 2, kind: 'direction', vector: directions[2], out: new Float64Array(size), value: 0 },
        { problem: 0, kind: 'point', vector: points[0], out: new Float64Array(size), value: 0 },
      ];
      await objective.answer(mixed);
      expect(mixed[0].out).toEqual(products[2].out);
      expectClose(mixed[1].out, found[0].out, 5);
      expectClose([mixed[1].value], [found[0].value], 5);
    }
  });
});

describe('the cross-entropy', () => {
  function reference(bias: Bias, y: Labels, point: Float64Array, count = (_: number) => 1) {
    const { A, R, size } = setting(bias);
    const columns = classes.map((_, c) => point.slice(c * size, (c + 1) * size));
    const z = columns.map((v) => times(A, v));
    const meanBias = columns.reduce((sum, v) => sum + v[size - 1], 0) / k;
    let mass = 0;
    let loss = 0;
    const p = classes.map(() => new Array<number>(n));
    const slopes = classes.map(() => new Array<number>(n));
    const weights: number[] = [];
    const shares = new Array<number>(k).fill(0);
    for (let i = 0; i < n; i++) {
      const share = classes.map((_, c) => (y.soft ? y.soft[i * k + c] : Number(y.labels[i] === c)));
      const own = weighting.C * weighting.sampleWeight[i] * dot(share, weighting.classWeight);
      const weight = count(i) * own;
      const sum = z.reduce((total, scores) => total + Math.exp(scores[i]), 0);
      for (let c = 0; c < k; c++) {
        p[c][i] = Math.exp(z[c][i]) / sum;
        slopes[c][i] = weight * (p[c][i] - share[c]);
        shares[c] += own * share[c];
        loss -= weight * share[c] * Math.log(p[c][i]);
      }
      mass += own;
      weights.push(weight);
    }
    const held = bias === 'free' ? meanBias : 0;
    const pulls = columns.map((v) => times(R, v));
    const value = loss + columns.reduce((sum, v, c) => sum + dot(v, pulls[c]), 0) / 2 + (mass * held * held) / 2;
    const gradient = columns.flatMap((_, c) => {
      const g = plus(pulls[c], times(A.transpose(), slopes[c]));
      g[size - 1] += (mass / k) * held;
      return g;
    });
    /** The Hessian times a direction. */
    const product = (direction: Float64Array) => {
      const parts = classes.map((_, c) => direction.slice(c * size, (c + 1) * size));
      const s = parts.map((v) => times(A, v));
      const along = bias === 'free' ? parts.reduce((sum, v) => sum + v[size - 1], 0) / k : 0;
      return parts.flatMap((v, c) => {
        const bent = s[c].map(
          (own, i) => weights[i] * p[c][i] * (own - p.reduce((sum, q, l) => sum + q[i] * s[l][i], 0)),
        );
        const out = plus(times(R, v), times(A.transpose(), bent));
        out[size - 1] += (mass / k) * along;
        return out;
      });
    };
    return {
      value,
      gradient,
      product,
      p,
      weights,
      mass,
      meanBias,
      shares: shares.map((share) => share / mass),
      columns,
    };
  }

  const objectiveOf = (design: Design, y: Labels, passes = { exact: true, every: 1 }) =>
    multinomial(design, rowTargets(y, n, weighting), new Float32Array(k * n), passes);

  it.each(CASES)('bias %s, %s labels: has its value, gradient and Hessian', async (bias, _, y) => {
    const { design, size } = setting(bias);
    for (const [every, count] of [
      [1, () => 1],
      [2, halfOf],
    ] as const) {
      const objective = objectiveOf(design, y, { exact: true, every });
      expect([objective.problems, objective.size, objective.fused]).toEqual([1, k * size, false]);
      const point = normal(k * size);
      const expected = reference(bias, y, point, count);
      const [found] = await ask(objective, 'point', [point]);
      expect(found.value).toBeCloseTo(expected.value, 9);
      expectClose(found.out, expected.gradient, 11);
      const direction = normal(k * size);
      const [product] = await ask(objective, 'direction', [direction]);
      expectClose(product.out, expected.product(direction), 6);
    }
  });

  it('is finite where scores are enormous', async () => {
    const { design, size } = setting('none');
    const point = normal(k * size).map((value) => 1e4 * value);
    const [{ value, out }] = await ask(objectiveOf(design, LABELS[0][1]), 'point', [point]);
    expect(Number.isFinite(value)).toBe(true);
    expect(out.every(Number.isFinite)).toBe(true);
  });

  it.each(CASES)('bias %s, %s labels: bounds the gap', async (bias, _, y) => {
    const set = setting(bias);
    const { size } = set;
    const objective = objectiveOf(set.design, y);
    const options = { exact: true, together: false, tolerance: 1e-4, maxIterations: 100 };
    const [near] = await minimise(objective, [{ point: new Float64Array(k * size) }], options);
    const seen: boolean[] = [];
    for (const point of [normal(k * size), near.point]) {
      const [found] = await ask(objective, 'point', [point]);
      const { value, gradient, p, weights, mass, shares, meanBias, columns } = reference(bias, y, point);
      const parts = columns.map((_, c) => sizes(set, bias, gradient.slice(c * size, (c + 1) * size)));
      const own = {
        square: parts.reduce((sum, { square }) => sum + square, 0),
        bias: parts.reduce((sum, part) => sum + part.bias, 0),
      };
      const biases = columns.map((v) => v[size - 1]);
      const reach =
        Math.max(...biases) -
        Math.min(...biases) -
        Math.log(Math.min(...shares)) +
        Math.abs(meanBias) +
        2 * Math.sqrt(value) * set.design.radius;
      const hessian = Float64Array.from({ length: k * k }, (_, e) => {
        const [a, b] = [Math.floor(e / k), e % k];
        return weights.reduce((sum, w, i) => sum + w * p[a][i] * (Number(a === b) - p[b][i]), mass / (k * k));
      });
      const slopes = Float64Array.from({ length: k }, (_, c) => gradient[(c + 1) * size - 1]);
      const closer = entropyBias(slopes, invertBiasHessian(hessian, k)!, mass, set.design.radius);
      seen.push(closer !== undefined);
      const bound = gapOf(own, reach, bias === 'free' ? closer : undefined);
      const place = { problem: 0, point, value, gradient: found.out };
      expectClose([objective.gap(place)], [bound], 5);
    }
    if (bias === 'free') expect(seen).toEqual([false, true]);
  });

  it.each(CASES)('bias %s, %s labels: knows the best model without features', async (bias, _, y) => {
    const set = setting(bias);
    const objective = objectiveOf(set.design, y);
    const zeros = new Float64Array(k * set.size);
    await ask(objective, 'point', [zeros]);
    const { mass, shares } = reference(bias, y, zeros);
    // Of biases that cost something: no worse than those that cost nothing.
    const constant = bias === 'none' ? mass * Math.log(k) : -mass * shares.reduce((sum, t) => sum + t * Math.log(t), 0);
    const place = { problem: 0, point: zeros, value: 0.9 * constant, gradient: zeros };
    expect(objective.scale(place)).toBeCloseTo(0.1 * constant, 9);
    const point = zeros.map((_, j) => (j % set.size < d ? 3 : 0));
    expect(objective.scale({ ...place, point, value: 1e6 })).toBeCloseTo((9 * d * k) / 2, 9);
  });

  it.each(CASES)('bias %s, %s labels: preconditions each class', async (bias, _, y) => {
    const set = setting(bias);
    const { size } = set;
    const objective = objectiveOf(set.design, y);
    const point = normal(k * size);
    await ask(objective, 'point', [point]);
    const { p, weights } = reference(bias, y, point);
    const r = normal(k * size);
    const out = new Float64Array(k * size);
    const preconditioner = objective.precondition(0);
    preconditioner.apply(r, out);
    expect(preconditioner.lifetime).toBe(16);
    for (let c = 0; c < k; c++) {
      const bends = weights.map((w, i) => w * p[c][i] * (1 - p[c][i]));
      const part = (v: Float64Array) => v.slice(c * size, (c + 1) * size);
      expectClose(part(out), firstInverse(set, bias, bends, part(r)), 6);
    }
  });
});

describe('float64', () => {
  it.each([
    [
      'squared hinge',
      (design: Design, exact: boolean) =>
        squaredHinge(oneVsRestTargets(LABELS[0][1], n, weighting), n)(design, { exact, every: 1 }),
    ],
    [
      'cross-entropy',
      (design: Design, exact: boolean) =>
        multinomial(design, rowTargets(LABELS[0][1], n, weighting), new Float32Array(k * n), { exact, every: 1 }),
    ],
  ] as const)('is asked for by values and gradients of the %s alone, where they must be exact', async (_, make) => {
    const asked: boolean[] = [];
    const products = plainProducts(memoryRows(x));
    const recording: Products = {
      ...products,
      begin(v, count, exact) {
        asked.push(exact);
        products.begin(v, count, exact);
      },
    };
    const { design } = setting('free', recording);
    for (const exact of [true, false]) {
      const objective = make(design, exact);
      const vectors = Array.from({ length: objective.problems }, () => normal(objective.size));
      await ask(objective, 'point', vectors);
      await ask(objective, 'direction', vectors);
    }
    expect(asked).toEqual([true, false, false, false]);
  });
});
