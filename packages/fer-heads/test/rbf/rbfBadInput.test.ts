import type { FeatureMatrix, Head, Labels } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { linearL2SVM, nystroem, type RbfSVMOptions, rbfSVM } from '../../src/index.js';
import { referenceData } from '../reference.js';

const { x, y } = referenceData(60, 5, 3);
const withValue = (value: number): FeatureMatrix => ({ ...x, data: x.data.map((v, i) => (i === 7 ? value : v)) });
const scaled = (factor: number): FeatureMatrix => ({ ...x, data: x.data.map((v) => v * factor) });

describe.each<[string, () => Head]>([
  ['rbfSVM', () => rbfSVM()],
  ['nystroem', () => nystroem(linearL2SVM({ C: 1 }), { components: 30 })],
])('%s and bad input', (_name, make) => {
  const data: [what: string, x: FeatureMatrix, y: Labels, message: RegExp][] = [
    ['a NaN', withValue(Number.NaN), y, /row 2, column 3: feature is NaN/],
    ['an infinity', withValue(Number.POSITIVE_INFINITY), y, /row 2, column 3: feature is Infinity/],
    ['a wrong shape', { ...x, rows: 59 }, y, /300 numbers for a 59×5/],
    ['too few labels', x, { ...y, labels: y.labels.slice(1) }, /59 labels for 60 rows/],
    ['one class only', x, { labels: new Uint8Array(60), classes: ['a'] }, /one class/],
    ['an empty class', x, { ...y, labels: y.labels.map((l) => Math.min(1, l)) }, /class "class 2" has no rows/],
    ['no rows', { data: new Float32Array(0), rows: 0, columns: 5 }, { ...y, labels: new Uint8Array(0) }, /no rows/],
  ];
  it.each(data)('%s is refused', async (_what, features, labels, message) => {
    const fit = make().fit(features, labels);
    await expect(fit).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(fit).rejects.toThrow(message);
  });

  it('a failed fit keeps what was learned', async () => {
    const head = make();
    await head.fit(x, y);
    const before = await head.decisionFunction(x);
    await expect(head.fit(withValue(Number.NaN), y)).rejects.toThrow();
    await expect(head.fit(x, { ...y, labels: y.labels.map((l) => Math.min(1, l)) })).rejects.toThrow();
    expect(await head.decisionFunction(x)).toEqual(before);
  });

  it.each([1e-12, 1e12])('features scaled by %d give the same, since gamma scales', async (factor) => {
    const [head, plain] = [make(), make()];
    expect((await head.fit(scaled(factor), y)).converged).toBe(true);
    await plain.fit(x, y);
    const expected = (await plain.decisionFunction(x)).data;
    const { data: found } = await head.decisionFunction(scaled(factor));
    found.forEach((score, i) => void expect(Math.abs(score - expected[i])).toBeLessThan(0.02));
  });

  it('duplicate rows and constant features do no harm', async () => {
    const columns = 7;
    const wide = Float32Array.from({ length: 120 * columns }, (_, i) => {
      const j = i % columns;
      return j < 5 ? x.data[(Math.floor(i / columns) % 60) * 5 + j] : j === 5 ? 0.1 : 0;
    });
    const head = make();
    const labels = Uint8Array.of(...y.labels, ...y.labels);
    expect((await head.fit({ data: wide, rows: 120, columns }, { ...y, labels })).converged).toBe(true);
    expect((await head.decisionFunction({ data: wide, rows: 120, columns })).data.every(Number.isFinite)).toBe(true);
    const constant = { ...x, data: new Float32Array(300).fill(3) };
    expect((await make().fit(constant, y)).converged).toBe(true);
  });

  it('stops when told', async () => {
    const signal = AbortSignal.abort(new Error('before'));
    await expect(make().fit(x, y, { signal })).rejects.toThrow('before');
  });
});

describe('rbfSVM', () => {
  const options: [RbfSVMOptions, RegExp][] = [
    [{ C: 0 }, /C is 0/],
    [{ C: Number.NaN }, /C is NaN/],
    [{ gamma: 0 }, /gamma is 0/],
    [{ gamma: 'wide' as 'auto' }, /gamma is "wide"/],
    [{ tolerance: 0 }, /tolerance/],
    [{ maxIterations: 0 }, /maxIterations/],
    [{ cacheBytes: -1 }, /cacheBytes/],
    [{ classWeight: [1, 0, 1] }, /classWeight\[1\] is 0/],
    [{ classWeight: new Array(3) }, /classWeight\[0\] is undefined/],
    [{ maxIterations: 1.5 }, /maxIterations is 1.5: it must be a whole number from 1/],
    [{ C: '1' as never }, /C is "1"/],
    [{ gamma: Symbol('wide') as never }, /gamma is a symbol/],
    ...['C', 'gamma', 'classWeight', 'tolerance', 'maxIterations', 'cacheBytes'].map(
      (name): [RbfSVMOptions, RegExp] => [{ [name]: null }, new RegExp(`${name} is null`)],
    ),
  ];
  it.each(options)('%o is refused', (given, message) => {
    expect(() => rbfSVM(given)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => rbfSVM(given)).toThrow(message);
  });

  it('refuses class weights that do not fit the data', async () => {
    await expect(rbfSVM({ classWeight: [1, 1] }).fit(x, y)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
