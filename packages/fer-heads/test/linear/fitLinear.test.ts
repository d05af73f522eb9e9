import { type LinearLayer, type Progress, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { fitLinear, type Loss } from '../../src/linear/fitLinear.js';
import type { Frame } from '../../src/linear/frame.js';
import type { LinearFitOptions, ResolvedOptions } from '../../src/linear/options.js';
import { plainProducts } from '../../src/products/products.js';
import { memoryRows } from '../../src/rows/rows.js';

/* The stages of a fit, seen by an objective that knows no data: ½ (v − 1)² of each variable, the same of each class. */
const d = 2;
const classes = ['a', 'b'];
const OPTIONS: ResolvedOptions = {
  C: 1,
  classWeight: undefined,
  tolerance: 1e-7,
  maxIterations: 30,
  bias: 'none',
  biasScaling: 1,
  standardise: false,
};

/** What one stage asked for. */
interface Stage {
  fast: boolean;
  exact: boolean;
  every: number;
  /** The first variable of the first class, at each point. */
  points: number[];
  /** How many preconditioners it had made for that class. */
  made: number;
  /** Whether one pass answered both a point and a direction. */
  mixed: boolean;
}

interface Fake {
  fused?: boolean;
  /** Of the Hessian. 1 makes steps that end at the minimum, 2 ones that halve the distance. */
  bend?: number;
  /** Whether the steps of the second class take more products than those of the first. */
  uneven?: boolean;
  gap?: number | ((stage: Stage, problem: number) => number);
  target?: number;
  value?: (stage: Stage, problem: number) => number | undefined;
}

function fake({ fused = false, bend = 2, uneven = false, gap = 1, target = 1, value }: Fake = {}) {
  const stages: Stage[] = [];
  const given: Parameters<Loss>[] = [];
  const loss: Loss = (...data) => {
    given.push(data);
    return objective;
  };
  const objective: ReturnType<Loss> = (design, passes) => {
    const stage: Stage = { ...passes, fast: design.hinge !== undefined, points: [], made: 0, mixed: false };
    const { size } = design;
    return {
      problems: classes.length,
      size,
      fused,
      async answer(queries) {
        if (!stages.includes(stage)) stages.push(stage);
        await design.pass(queries[0].vector, 1, () => undefined, new Float64Array(size), passes);
        stage.mixed ||= new Set(queries.map(({ kind }) => kind)).size > 1;
        for (const query of queries) {
          const { problem, kind, vector, out } = query;
          const more = uneven ? 9 * problem : 0;
          out.set(vector.map((v, j) => (kind === 'point' ? v - target : (bend + more * j) * v)));
          if (kind === 'direction') continue;
          if (problem === 0) stage.points.push(vector[0]);
          query.value = value?.(stage, problem) ?? 1 + vector.reduce((sum, v) => sum + (v - target) ** 2, 0) / 2;
        }
      },
      gap: ({ problem }) => (typeof gap === 'number' ? gap : gap(stage, problem)),
      scale: () => 1,
      precondition(problem) {
        if (problem === 0) stage.made++;
        return { lifetime: 1000, apply: (r, out) => void out.set(r) };
      },
    };
  };
  return { loss, stages, given };
}

/** What a stage is, in short: F or P for the fast or the plain products, 64 or 32 bits, every row or fewer. */
const nameOf = ({ fast, exact, every }: Stage) => `${fast ? 'F' : 'P'}${exact ? 64 : 32}/${every}`;

function prepared(rows: number, { fast = true, sampled = false, scale = [1, 1], mean = [0, 0] } = {}) {
  const random = new Random('stages');
  const x = { data: Float32Array.from({ length: rows * d }, () => random.normal()), rows, columns: d };
  const frame: Frame = {
    mean: Float64Array.from(mean),
    scale: Float64Array.from(scale),
    standardised: false,
    radius: 9,
    size: new Float64Array(d).fill(1),
  };
  const source = memoryRows(x);
  // Their hinge passes are never asked for: it only tells them from the plain ones.
  const products = { ...plainProducts(source), blockRows: 1024, hinge: () => ({}) as never };
  const known = sampled ? Array.from({ length: rows }, (_, i) => i) : undefined;
  const y = { labels: Uint8Array.from({ length: rows }, (_, i) => i % 2), classes };
  return { prepared: { source, frame, fast: fast ? products : undefined, sample: { x, rows: known } }, y };
}

async function run(
  { loss }: { loss: Loss },
  rows: number,
  {
    options = {},
    fit = {},
    ...rest
  }: {
    options?: Partial<ResolvedOptions>;
    fit?: LinearFitOptions;
    fast?: boolean;
    sampled?: boolean;
    scale?: number[];
    mean?: number[];
  } = {},
) {
  const { prepared: given, y } = prepared(rows, rest);
  return fitLinear(loss, { ...OPTIONS, ...options }, given, y, fit, () => undefined);
}

const layer = (weights: number[], names = classes): LinearLayer => ({
  weights: { data: Float32Array.from(weights), rows: weights.length / names.length, columns: names.length },
  bias: new Float32Array(names.length),
  classes: names,
});

describe('the stages of a fit', () => {
  it('are one in float64 without fast products', async () => {
    const objective = fake({ bend: 1 });
    const { result, model } = await run(objective, 10, { fast: false });
    expect(objective.stages.map(nameOf)).toEqual(['P64/1']);
    expect(objective.stages[0].points.slice(0, 2)).toEqual([0, 1]);
    expect(result).toMatchObject({ iterations: 6, converged: false, objective: 2, objectives: [1, 1] });
    expect([model.d, model.classes]).toEqual([d, classes]);
  });

  it('end with the fast products where these converge', async () => {
    const objective = fake({ gap: ({ exact, points }) => (exact && points.length > 2 ? 0 : 1) });
    const { result } = await run(objective, 10);
    expect(objective.stages.map(nameOf)).toEqual(['F64/1']);
    expect(result).toMatchObject({ iterations: 2, converged: true });
  });

  it('go on without the fast products where these do not, from where they ended', async () => {
    const objective = fake({ bend: 1, gap: ({ fast }) => (fast ? 1 : 0) });
    const { result } = await run(objective, 10);
    expect(objective.stages.map(nameOf)).toEqual(['F64/1', 'P64/1']);
    expect(objective.stages[1].points).toEqual([1]);
    expect(result).toMatchObject({ iterations: 6, converged: true });
    // It makes its own preconditioners.
    const slower = fake({ bend: 1 });
    await run(slower, 10);
    expect(slower.stages.map(({ made }) => made)).toEqual([1, 1]);
  });

  it('begin in float32 for fused objectives, to the tolerance or 1e-4', async () => {
    for (const [gap, tolerance, points] of [
      [5e-5, 1e-7, 1],
      [2e-4, 1e-7, 11],
      [5e-4, 1e-3, 1],
    ]) {
      const objective = fake({ fused: true, gap: ({ exact }) => (exact ? 0 : gap) });
      await run(objective, 10, { options: { tolerance, maxIterations: 20 } });
      expect(objective.stages.map(nameOf)).toEqual(['F32/1', 'F64/1']);
      expect(objective.stages[0].points.length).toBe(points);
      expect(objective.stages[1].points[0]).toBe(objective.stages[0].points[points - 1]);
      // The preconditioner goes on to serve.
      expect(objective.stages[1].made).toBe(0);
    }
    const sampled = fake({ fused: true, gap: 0 });
    await run(sampled, 10, { sampled: true });
    expect(sampled.stages.map(nameOf)).toEqual(['F64/1']);
  });

  it('begin on an eighth of many rows, for five steps or to a hundredth', async () => {
    const objective = fake({ gap: ({ every }) => (every > 1 ? 0.02 : 0) });
    const { result } = await run(objective, 8192);
    expect(objective.stages.map(nameOf)).toEqual(['F32/8', 'F64/1']);
    // Steps there don't count.
    expect(objective.stages[0].points.length).toBe(6);
    expect(result).toMatchObject({ iterations: 0, converged: true });
    const close = fake({ gap: ({ every }) => (every > 1 ? 0.009 : 0) });
    await run(close, 8192);
    expect(close.stages.map(({ points }) => points.length)).toEqual([1, 1]);
    for (const [rows, fit] of [
      [8191, {}],
      [8192, { start: layer([1, 2, 3, 4]) }],
    ] as const) {
      const later = fake({ gap: 0 });
      await run(later, rows, { fit });
      expect(later.stages.map(nameOf)).toEqual(['F64/1']);
    }
  });

  it('leave out what float32 overflowed on', async () => {
    const value = ({ exact }: Stage) => (exact ? 1 : Number.POSITIVE_INFINITY);
    const objective = fake({ fused: true, gap: ({ exact }) => (exact ? 0 : 1), value });
    const { result } = await run(objective, 8192);
    expect(objective.stages.map(nameOf)).toEqual(['F32/8', 'F32/1', 'F64/1']);
    expect(objective.stages.map(({ points }) => points[0])).toEqual([0, 0, 0]);
    expect(result).toMatchObject({ converged: true, objectives: [1, 1] });
  });

  it('go on without the fast products where a value overflowed there, or one class has not converged', async () => {
    const value = ({ fast }: Stage, problem: number) => (fast && problem === 1 ? Number.POSITIVE_INFINITY : undefined);
    const overflown = fake({ bend: 1, gap: ({ fast }) => (fast ? 1 : 0), value });
    const { result } = await run(overflown, 10);
    expect(overflown.stages.map(nameOf)).toEqual(['F64/1', 'P64/1']);
    expect(overflown.stages[1].points).toEqual([0]);
    expect(result).toMatchObject({ converged: true, objectives: [2, 2] });
    const half = fake({ bend: 1, gap: ({ fast }, problem) => (fast && problem === 1 ? 1 : 0) });
    expect((await run(half, 10)).result.converged).toBe(true);
    expect(half.stages.map(nameOf)).toEqual(['F64/1', 'P64/1']);
  });

  it('ask for points together where products are fused, in float64, of rows in memory', async () => {
    const mixed = async (fused: boolean, sampled: boolean) => {
      const objective = fake({ fused, uneven: true, gap: ({ points }) => (points.length > 4 ? 0 : 1) });
      await run(objective, 10, { sampled });
      return objective.stages.map((stage) => [nameOf(stage), stage.mixed]);
    };
    expect(await mixed(true, false)).toEqual([
      ['F32/1', true],
      ['F64/1', false],
    ]);
    expect(await mixed(true, true)).toEqual([['F64/1', true]]);
    expect(await mixed(false, false)).toEqual([['F64/1', true]]);
  });

  it('are of one loss, which is told the weights', async () => {
    const objective = fake({ gap: 0 });
    const sampleWeight = new Float64Array(10).fill(2);
    await run(objective, 10, { options: { C: 3, classWeight: [1, 2] }, fit: { sampleWeight } });
    const { y } = prepared(10);
    expect(objective.given).toEqual([[y, 10, { C: 3, classWeight: [1, 2], sampleWeight }]]);
  });

  it('share the limit on steps, and count them through', async () => {
    const iterations: number[] = [];
    const onProgress = (event: Progress) => event.kind === 'solver' && iterations.push(event.iteration);
    const objective = fake({ fused: true, bend: 1 });
    const { result } = await run(objective, 8192, { options: { maxIterations: 9 }, fit: { onProgress } });
    // One step on fewer rows, which isn't counted; then no more in float32, six in float64, and what is left.
    expect(objective.stages.map(nameOf)).toEqual(['F32/8', 'F32/1', 'F64/1', 'P64/1']);
    expect(result).toMatchObject({ iterations: 9, converged: false });
    expect(iterations).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const spent = fake({ fused: true });
    expect((await run(spent, 10, { options: { maxIterations: 9 } })).result.iterations).toBe(9);
    expect(spent.stages.map(({ points }) => points.length)).toEqual([10, 1]);
  });

  it('count passes over the features, those over some rows in part, and those to standardise', async () => {
    const gap = ({ every }: Stage) => (every > 1 ? 1 : 0);
    // 11 passes over an eighth, of which 6 are points, and one over all.
    expect((await run(fake({ gap }), 8192)).result.passes).toBe(Math.ceil(16 / 8 + 1));
    expect((await run(fake({ gap: 0 }), 10)).result.passes).toBe(1);
    expect((await run(fake({ gap: 0 }), 10, { fast: false })).result.passes).toBe(1);
    expect((await run(fake({ gap: 0 }), 10, { options: { standardise: true } })).result.passes).toBe(4);
  });
});

describe('the start of a fit', () => {
  it('is that of the layer', async () => {
    const objective = fake({ gap: 0 });
    const start = layer([0.5, 2, 3, 4]);
    const { model } = await run(objective, 10, { fit: { start } });
    expect(objective.stages[0].points).toEqual([0.5]);
    expect(model.weights[0]).toBe(0.5);
  });

  it.each([
    [layer([1, 2, 3, 4, 5, 6]), 'start has 3 features and classes [a, b], the data 2 and [a, b]'],
    [layer([1, 2, 3, 4], ['a', 'c']), 'start has 2 features and classes [a, c], the data 2 and [a, b]'],
  ])('must be of the same features and classes', async (start, message) => {
    const fitting = run(fake(), 10, { fit: { start } });
    await expect(fitting).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });

  it('ends in an error where weights overflow', async () => {
    const refused = { code: 'INVALID_DATA', message: expect.stringContaining('overflow') };
    const far = () => fake({ target: 1e10, bend: 1 });
    // Of one column, or of a bias alone.
    await expect(run(far(), 10, { scale: [1, 1e-300] })).rejects.toMatchObject(refused);
    await expect(run(far(), 10, { mean: [0, 1e300], options: { bias: 'free' } })).rejects.toMatchObject(refused);
  });
});
