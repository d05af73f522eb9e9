import type { FeatureMatrix, FerErrorCode, Labels, SolverProgress } from 'fer-core';
import { describe, expect, it } from 'vitest';
import {
  type LinearFitOptions,
  type LinearHeadOptions,
  linearL2SVM,
  linearL2SVMLoader,
  softmax,
  softmaxLoader,
} from '../../src/index.js';
import { gap, referenceData } from '../reference.js';

const { x, y } = referenceData(60, 5, 3);
const withValue = (value: number): FeatureMatrix => ({ ...x, data: x.data.map((v, i) => (i === 7 ? value : v)) });
const labels = (f: (label: number, i: number) => number): Labels => ({ ...y, labels: y.labels.map(f) });
const scaled = (factor: (column: number) => number): FeatureMatrix => ({
  ...x,
  data: x.data.map((v, i) => v * factor(i % 5)),
});

describe.each([
  ['linearL2SVM', linearL2SVM],
  ['softmax', softmax],
])('%s and bad input', (_name, make) => {
  const data: [what: string, x: FeatureMatrix, y: Labels, options: LinearFitOptions, message: RegExp][] = [
    ['a NaN', withValue(Number.NaN), y, {}, /row 2, column 3: feature is NaN/],
    ['an infinity', withValue(Number.POSITIVE_INFINITY), y, {}, /row 2, column 3: feature is Infinity/],
    ['a wrong shape', { ...x, rows: 59 }, y, {}, /300 numbers for a 59×5/],
    ['no columns', { data: new Float32Array(0), rows: 60, columns: 0 }, y, {}, /60×0 matrix/],
    ['too few labels', x, { ...y, labels: y.labels.slice(1) }, {}, /59 labels for 60 rows/],
    ['a label out of range', x, labels((label, i) => (i === 3 ? 3 : label)), {}, /row 4: label 3/],
    ['one class only', x, { labels: new Uint8Array(60), classes: ['a'] }, {}, /one class/],
    ['an empty class', x, labels((label) => Math.min(1, label)), {}, /class "class 2" has no rows/],
    [
      'fewer rows than classes',
      { data: x.data.slice(0, 10), rows: 2, columns: 5 },
      { ...y, labels: Uint8Array.of(0, 1) },
      {},
      /class "class 2" has no rows/,
    ],
    ['no rows', { data: new Float32Array(0), rows: 0, columns: 5 }, { ...y, labels: new Uint8Array(0) }, {}, /no rows/],
    [
      'a class of weight 0',
      x,
      y,
      { sampleWeight: [...y.labels].map((label) => Number(label > 0)) },
      /class "class 0" has only rows of weight 0/,
    ],
    ['a negative weight', x, y, { sampleWeight: new Float64Array(60).fill(-1) }, /row 1: sample weight is -1/],
    ['too few weights', x, y, { sampleWeight: [1] }, /1 sample weights for 60 rows/],
    [
      'soft labels off 1',
      x,
      { ...y, soft: new Float32Array(180).fill(0.5) },
      {},
      /row 1: soft labels \[0.5, 0.5, 0.5\]/,
    ],
    [
      'a NaN soft label',
      x,
      { ...y, soft: new Float32Array(180).fill(Number.NaN) },
      {},
      /row 1: soft labels \[NaN, NaN, NaN\]/,
    ],
  ];
  it.each(data)('%s is refused', async (_what, features, targets, options, message) => {
    const fit = make().fit(features, targets, options);
    await expect(fit).rejects.toMatchObject({ code: 'INVALID_DATA' satisfies FerErrorCode });
    await expect(fit).rejects.toThrow(message);
  });

  const options: [LinearHeadOptions, RegExp][] = [
    [{ C: 0 }, /C is 0/],
    [{ C: -1 }, /C is -1/],
    [{ C: Number.NaN }, /C is NaN/],
    [{ C: Number.POSITIVE_INFINITY }, /C is Infinity/],
    [{ tolerance: 0 }, /tolerance/],
    [{ maxIterations: 0.5 }, /maxIterations/],
    [{ biasScaling: 0 }, /biasScaling/],
    [{ classWeight: [1, 0, 1] }, /classWeight\[1\] is 0/],
    [{ bias: 'yes' as 'free' }, /bias is "yes"/],
  ];
  it.each(options)('%o is refused', (given, message) => {
    expect(() => make(given)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => make(given)).toThrow(message);
  });

  it('options that do not fit the data are refused', async () => {
    const wrong = make({ classWeight: [1, 1] }).fit(x, y);
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const weights = { data: new Float32Array(6), rows: 2, columns: 3 };
    const start = { weights, bias: new Float32Array(3), classes: y.classes };
    await expect(make().fit(x, y, { start })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([[''], [0], [false], [null], [new Map()]])('a start of %o is refused', async (start) => {
    const given = { start } as unknown as LinearFitOptions;
    for (const fit of [
      () => make().fit(x, y, given),
      () => make().fitChunks(() => [{ features: x, labels: y }], given),
    ]) {
      await expect(fit()).rejects.toMatchObject({
        code: 'INVALID_DATA',
        message: expect.stringMatching(/the layer is/),
      });
    }
  });

  it('losses that are infinite, by weights or by C, are refused', async () => {
    const sampleWeight = new Float64Array(60).fill(1e308);
    for (const fit of [make({ C: 1 }).fit(x, y, { sampleWeight }), make({ C: 1e308 }).fit(x, y)]) {
      await expect(fit).rejects.toMatchObject({ code: 'INVALID_DATA', message: expect.stringMatching(/finite/) });
    }
  });

  it('a failed fit keeps what was learned', async () => {
    const head = make();
    await head.fit(x, y);
    const before = await head.decisionFunction(x);
    await expect(head.fit(withValue(Number.NaN), y)).rejects.toThrow();
    expect(await head.decisionFunction(x)).toEqual(before);
  });

  it('rows in two copies are rows of weight 2', async () => {
    const twice = { data: Float32Array.of(...x.data, ...x.data), rows: 120, columns: 5 };
    const doubled = await make({ C: 0.1 }).fit(twice, { ...y, labels: Uint8Array.of(...y.labels, ...y.labels) });
    const weighed = await make({ C: 0.1 }).fit(x, y, { sampleWeight: new Float64Array(60).fill(2) });
    expect(gap(doubled.objectives, [...weighed.objectives])).toBeLessThan(1e-9);
  });

  it('constant and zero features do no harm', async () => {
    const columns = 7;
    const wide = Float32Array.from({ length: 60 * columns }, (_, i) => {
      const j = i % columns;
      return j < 5 ? x.data[Math.floor(i / columns) * 5 + j] : j === 5 ? 0.1 : 0;
    });
    for (const standardise of [false, true]) {
      const head = make({ C: 0.1, standardise, bias: 'free' });
      const result = await head.fit({ data: wide, rows: 60, columns }, y);
      const plain = await make({ C: 0.1, standardise, bias: 'free' }).fit(x, y);
      // With a free bias a constant feature has nothing to add.
      expect(gap(result.objectives, [...plain.objectives])).toBeLessThan(1e-6);
      const { weights } = head.toLayer();
      expect(weights.data.slice(6 * 3).every((w) => w === 0)).toBe(true);
    }
  });

  it.each([1e-12, 1e12])('features scaled by %d and standardised give the same', async (factor) => {
    const head = make({ C: 0.1, standardise: true });
    const result = await head.fit(
      scaled(() => factor),
      y,
    );
    const plain = await make({ C: 0.1, standardise: true }).fit(x, y);
    expect(result.converged).toBe(true);
    expect(gap(result.objectives, [...plain.objectives])).toBeLessThan(1e-6);
    expect((await head.decisionFunction(scaled(() => factor))).data.every(Number.isFinite)).toBe(true);
  });

  it('vanishing features are as good as none', async () => {
    const result = await make({ C: 0.1 }).fit(
      scaled(() => 1e-12),
      y,
    );
    const none = await make({ C: 0.1 }).fit({ ...x, data: new Float32Array(300) }, y);
    expect(result.converged).toBe(true);
    expect(gap(result.objectives, [...none.objectives])).toBeLessThan(1e-7);
  });

  it.each<[string, number[]]>([
    ['enormous', [1e12, 1e12, 1e12, 1e12, 1e12]],
    ['mixed', [1e12, 1, 1e-12, 1e6, 1e-12]],
  ])('%s features reach the optimum', async (_what, factors) => {
    const result = await make({ C: 0.1, bias: 'free' }).fit(
      scaled((j) => factors[j]),
      y,
    );
    // ½‖w‖² is nothing for a large feature, and a tiny one is nothing in the scores: neither scale matters any more.
    const tame = factors.map((factor) => (factor < 1 ? 0 : Math.min(factor, 1e4)));
    const expected = await make({ C: 0.1, bias: 'free', tolerance: 1e-10 }).fit(
      scaled((j) => tame[j]),
      y,
    );
    expect(result.converged).toBe(true);
    expect(gap(result.objectives, [...expected.objectives])).toBeLessThan(1e-6);
  });

  it('reports progress, and stops when told', async () => {
    const events: SolverProgress[] = [];
    const { iterations, objective } = await make({ C: 1 }).fit(x, y, {
      onProgress: (event) => event.kind === 'solver' && events.push(event),
    });
    expect(events.map(({ iteration }) => iteration)).toEqual(Array.from({ length: iterations }, (_, i) => i + 1));
    expect(events.at(-1)!.objective).toBeGreaterThanOrEqual(objective);
    expect(events.at(-1)!.gradient).toBeLessThan(1e-2);
    const controller = new AbortController();
    const fit = make({ C: 1, tolerance: 1e-12 }).fit(x, y, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(fit).rejects.toThrow('enough');
    await expect(make().fit(x, y, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });
});

describe('loaders', () => {
  it.each([linearL2SVMLoader, softmaxLoader])('$kind refuses what is not its own', async ({ kind, load }) => {
    const config = { classes: ['a', 'b'], columns: 1, options: {} };
    const bytes = (n: number) => new Map([['weights.f64', new Uint8Array(n)]]);
    const corrupt = expect.objectContaining({ code: 'CORRUPT' });
    await expect(load({ kind, config, files: bytes(32) })).resolves.toMatchObject({ classes: ['a', 'b'] });
    await expect(load({ kind, config, files: bytes(31) })).rejects.toEqual(corrupt);
    await expect(load({ kind, config, files: new Map() })).rejects.toEqual(corrupt);
    await expect(load({ kind, config: { ...config, classes: ['a', 'a'] }, files: bytes(32) })).rejects.toEqual(corrupt);
    await expect(load({ kind, config: { ...config, columns: 0 }, files: bytes(16) })).rejects.toEqual(corrupt);
    await expect(load({ kind, config: { ...config, options: { C: -1 } }, files: bytes(32) })).rejects.toEqual(corrupt);
    await expect(
      load({ kind, config, files: new Map([['weights.f64', new Uint8Array(32).fill(255)]]) }),
    ).rejects.toEqual(corrupt);
  });
});
