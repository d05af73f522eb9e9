import type { FeatureMatrix, Labels } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { type LabelledFeatures, linearL2SVM, softmax } from '../../src/index.js';
import { gap, referenceData } from '../reference.js';

// More rows than are kept.
const { x: dense, y, sampleWeight } = referenceData(9000, 40, 5);
const sparse = { ...dense, data: dense.data.map((v) => (v > 2 ? v : 0)) };
/** Chunks smaller than a block of rows, of one row, and larger ones. */
const SIZES = [1000, 7, 1, 30, 2500, 3000];

/**
 * Chunks of a matrix, each spoilt as soon as the next is asked for: nobody can have held on to it. Counts how often
 * reading began and ended.
 */
function chunked(x: FeatureMatrix, { labels, classes, soft }: Labels, sizes = SIZES) {
  const count = { begun: 0, ended: 0 };
  const d = x.columns;
  const k = classes.length;
  async function* read(): AsyncGenerator<LabelledFeatures> {
    count.begun++;
    try {
      for (let first = 0, c = 0; first < x.rows; c++) {
        const end = Math.min(x.rows, first + sizes[c % sizes.length]);
        const data = x.data.slice(first * d, end * d);
        yield {
          features: { data, rows: end - first, columns: d },
          labels: { labels: labels.slice(first, end), classes, soft: soft?.slice(first * k, end * k) },
        };
        data.fill(Number.NaN);
        first = end;
      }
    } finally {
      count.ended++;
    }
  }
  return { read, count };
}

describe.each([
  ['linearL2SVM', linearL2SVM],
  ['softmax', softmax],
])('%s fitted from chunks', (_name, make) => {
  it.each([
    ['dense', dense, {}],
    ['sparse', sparse, {}],
    ['standardised', dense, { standardise: true }],
  ])('reaches the optimum of the same %s features in memory', async (_what, x, options) => {
    const head = make({ C: 0.01, ...options });
    const { read, count } = chunked(x, y);
    const result = await head.fitChunks(read);
    expect(result.converged).toBe(true);
    const memory = make({ C: 0.01, ...options });
    expect(gap(result.objectives, (await memory.fit(x, y)).objectives as number[])).toBeLessThan(2e-7);
    expect(head.classes).toEqual(y.classes);
    const expected = await memory.predict(x);
    const same = (await head.predict(x)).filter((label, i) => label === expected[i]);
    expect(same.length).toBeGreaterThan(0.999 * x.rows);
    // Each reading was for one pass, and was ended.
    expect(count.begun).toBeLessThanOrEqual(result.passes + 2);
    expect(count.ended).toBe(count.begun);
  });

  it('with weights and soft labels', async () => {
    const soft = new Float32Array(9000 * 5).fill(0.05);
    y.labels.forEach((label, i) => void soft.fill(0.8, i * 5 + label, i * 5 + label + 1));
    const options = { C: 0.01, classWeight: 'balanced' } as const;
    const result = await make(options).fitChunks(chunked(sparse, { ...y, soft }).read, { sampleWeight });
    const memory = await make(options).fit(sparse, { ...y, soft }, { sampleWeight });
    expect(gap(result.objectives, memory.objectives as number[])).toBeLessThan(2e-7);
  });
});

describe('fitChunks', () => {
  it.each([9000, 300])('reads weights from options with getters, of %i rows', async (rows) => {
    const x = { data: dense.data.subarray(0, rows * dense.columns), rows, columns: dense.columns };
    const labels = { ...y, labels: y.labels.subarray(0, rows) };
    class Options {
      get sampleWeight() {
        return sampleWeight.slice(0, rows);
      }
    }
    const read = () => [{ features: x, labels }];
    const result = await linearL2SVM().fitChunks(read, new Options());
    const { objective } = await linearL2SVM().fit(x, labels, new Options());
    expect(result.objective).toBeCloseTo(objective, 5);
    expect(Math.abs(result.objective / (await linearL2SVM().fit(x, labels)).objective - 1)).toBeGreaterThan(0.005);
  });

  it('learns a class of which no row is in the sample', async () => {
    // Of more than 8,192 rows, every second one is kept.
    const { x, y: few } = referenceData(9000, 4, 2);
    const labels = few.labels.map((label, i) => (i === 4501 ? 2 : label));
    const rare = { labels, classes: ['a', 'b', 'c'] };
    const result = await linearL2SVM().fitChunks(chunked(x, rare).read);
    const memory = await linearL2SVM().fit(x, rare);
    expect(gap(result.objectives, [...memory.objectives])).toBeLessThan(2e-7);
    // Where the sample has all classes, each pass reads all chunks once, and so does the survey.
    const { read, count } = chunked(x, few);
    const { passes } = await linearL2SVM().fitChunks(read);
    expect(passes).toBe(count.begun);
    const sampleWeight = new Float64Array(9000).fill(1);
    expect((await linearL2SVM().fitChunks(read, { sampleWeight })).passes).toBe(passes);
  });

  it('of few rows reads them once', async () => {
    const few = referenceData(300, 12, 4);
    const { read, count } = chunked(few.x, few.y, [100]);
    const [head, memory] = [linearL2SVM(), linearL2SVM()];
    await head.fitChunks(() => read());
    await memory.fit(few.x, few.y);
    expect(head.toLayer()).toEqual(memory.toLayer());
    expect(count.begun).toBe(1);
  });

  it('takes chunks that need not be waited for', async () => {
    const [head, memory] = [linearL2SVM(), linearL2SVM()];
    const result = await head.fitChunks(() => [{ features: dense, labels: y }]);
    expect(gap(result.objectives, [...(await memory.fit(dense, y)).objectives])).toBeLessThan(2e-7);
  });

  const spoil = (change: (chunk: LabelledFeatures, number: number, reading: number) => LabelledFeatures) => {
    const { read, count } = chunked(dense, y);
    let reading = 0;
    return {
      count,
      read: async function* () {
        const now = ++reading;
        let number = 0;
        for await (const chunk of read()) yield change(chunk, ++number, now);
      },
    };
  };
  const only = (number: number, change: (chunk: LabelledFeatures) => LabelledFeatures) =>
    spoil((chunk, at) => (at === number ? change(chunk) : chunk));
  const withNumber = (value: number) =>
    only(3, ({ features, labels }) => ({
      labels,
      features: { ...features, data: features.data.map((v, j) => (j === 5 ? value : v)) },
    }));

  it.each([
    ['NaN', withNumber(Number.NaN), /^row 1008, column 6: in chunk 3, row 1, column 6: feature is NaN/],
    ['infinity', withNumber(Number.POSITIVE_INFINITY), /row 1008, column 6: in chunk 3, .*feature is Infinity/],
    [
      'labels of another length',
      only(2, ({ features, labels }) => ({ features, labels: { ...labels, labels: labels.labels.slice(1) } })),
      /in chunk 2, 6 labels for 7 rows/,
    ],
    [
      'other columns',
      only(4, ({ features, labels }) => ({ features: { ...features, rows: 40, columns: 30 }, labels })),
      /in chunk 4, features have 30 columns, expected 40/,
    ],
    [
      'other classes',
      only(5, ({ features, labels }) => ({ features, labels: { ...labels, classes: ['a', 'b', 'c', 'd', 'e'] } })),
      /chunk 5 has hard labels of \[a, b, c, d, e\], those before it/,
    ],
    [
      'a class without rows',
      spoil(({ features, labels }) => ({ features, labels: { ...labels, labels: labels.labels.map((l) => l % 4) } })),
      /class "class 4" has no rows/,
    ],
  ])('refuses %s', async (_what, { read, count }, message) => {
    const fit = linearL2SVM().fitChunks(read);
    await expect(fit).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(fit).rejects.toThrow(message);
    expect(count.ended).toBe(count.begun);
  });

  it('refuses no chunks', async () => {
    await expect(linearL2SVM().fitChunks(() => [])).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });

  it('passes on what reading throws, and ends the reading when stopped', async () => {
    const broken = () => {
      throw new Error('the disk went away');
    };
    await expect(
      linearL2SVM().fitChunks(spoil((chunk, _, reading) => (reading > 3 ? broken() : chunk)).read),
    ).rejects.toThrow('the disk went away');
    const controller = new AbortController();
    const { read, count } = chunked(dense, y);
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(softmax().fitChunks(read, { onProgress, signal: controller.signal })).rejects.toThrow('enough');
    expect(count.ended).toBe(count.begun);
  });
});
