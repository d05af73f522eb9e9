import type { Labels } from 'fer-core';
import { describe, expect, it, vi } from 'vitest';
import { linearL2SVM, type SelectCOptions, selectC, softmax } from '../../src/index.js';
import { referenceData } from '../reference.js';

const { x, y } = referenceData(300, 12, 4);
const part = (from: number, to: number) => ({
  x: { data: x.data.slice(from * 12, to * 12), rows: to - from, columns: 12 },
  y: { labels: y.labels.slice(from, to), classes: y.classes },
});
const grid = [1e-3, 1e-1, 1e-2];
const accuracy = (predicted: Uint8Array, { labels }: Labels) =>
  predicted.filter((label, i) => label === labels[i]).length / labels.length;

describe.each([
  ['linearL2SVM', linearL2SVM],
  ['softmax', softmax],
])('selectC of %s', (_name, make) => {
  it('measures each value on the validation rows, as separate fits would', async () => {
    const [train, validation] = [part(0, 200), part(200, 300)];
    const { scores, C, head } = await selectC((C) => make({ C }), train.x, train.y, { grid, validation });
    expect(scores.map((score) => score.C)).toEqual([1e-3, 1e-2, 1e-1]);
    for (const score of scores) {
      const alone = make({ C: score.C });
      await alone.fit(train.x, train.y);
      const p = accuracy(await alone.predict(validation.x), validation.y);
      expect(score.score).toBe(p);
      expect(score.standardError).toBeCloseTo(Math.sqrt((p * (1 - p)) / 100), 12);
      expect(score.converged).toBe(true);
    }
    const best = scores.find((score) => score.C === C)!;
    expect(best.score).toBe(Math.max(...scores.map((score) => score.score)));
    expect(accuracy(await head.predict(validation.x), validation.y)).toBe(best.score);
  });

  it('averages over folds, and fits all rows with the best', async () => {
    const folds = [0, 1, 2].map((f) => Array.from({ length: 100 }, (_, i) => 3 * i + f));
    const { scores, C, head } = await selectC((C) => make({ C }), x, y, { grid, folds });
    for (const { scores: each, score: mean, standardError } of scores) {
      expect(each).toHaveLength(3);
      expect(mean).toBeCloseTo((each[0] + each[1] + each[2]) / 3, 12);
      const variance = each.reduce((sum, p) => sum + (p - mean) ** 2, 0) / 2;
      expect(standardError).toBeCloseTo(Math.sqrt(variance / 3), 12);
    }
    const all = make({ C });
    await all.fit(x, y);
    expect((await head.decisionFunction(x)).data).toEqual((await all.decisionFunction(x)).data);
  });
});

describe('selectC', () => {
  const choose = (options: SelectCOptions) => selectC((C) => linearL2SVM({ C }), x, y, options);

  it('makes stratified folds of its own, the same for the same seed', async () => {
    const first = await choose({ grid: [0.01], folds: 5, seed: 'a' });
    expect(first.scores[0].scores).toHaveLength(5);
    expect((await choose({ grid: [0.01], folds: 5, seed: 'a' })).scores).toEqual(first.scores);
    expect((await choose({ grid: [0.01], folds: 5, seed: 'b' })).scores).not.toEqual(first.scores);
  });

  it('takes the smallest of equals', async () => {
    // Every row of one class: whatever C, all are right or all are wrong, and by margins no value changes.
    const far = { data: x.data.map((_, i) => (Math.floor(i / 12) % 2 ? 9 : -9)), rows: 300, columns: 12 };
    const sides = { labels: y.labels.map((_, i) => i % 2), classes: ['left', 'right'] };
    const validation = { x: far, y: sides };
    const { C, scores } = await selectC((C) => linearL2SVM({ C }), far, sides, { grid: [1, 0.1, 10], validation });
    expect(scores.map((score) => score.score)).toEqual([1, 1, 1]);
    expect(C).toBe(0.1);
  });

  it('a path costs less than its values apart', async () => {
    const { x: many, y: labels } = referenceData(9000, 40, 5);
    const sparse = { ...many, data: many.data.map((v) => (v > 2 ? v : 0)) };
    const validation = { x: sparse, y: labels };
    const instantiate = vi.spyOn(WebAssembly, 'instantiate');
    const { passes, scores } = await selectC((C) => linearL2SVM({ C }), sparse, labels, { validation });
    // The features are made ready for the kernels once, not for each value.
    expect(instantiate).toHaveBeenCalledTimes(1);
    instantiate.mockRestore();
    expect(scores.map(({ C }) => C)).toEqual([1e-4, 1e-3, 1e-2, 1e-1, 1]);
    let apart = 0;
    for (const { C } of scores) apart += (await linearL2SVM({ C }).fit(sparse, labels)).passes;
    expect(passes).toBeGreaterThan(5);
    expect(passes).toBeLessThan(apart);
  });

  it.each<[string, SelectCOptions, RegExp]>([
    ['neither folds nor validation', {}, /either folds or validation/],
    ['both', { folds: 3, validation: { x, y } }, /either folds or validation/],
    ['an empty grid', { grid: [], folds: 3 }, /grid is empty/],
    ['a value of 0', { grid: [1, 0], folds: 3 }, /grid\[1\] is 0/],
    ['one fold', { folds: 1 }, /1 folds/],
    ['half a fold', { folds: 2.5 }, /2.5 folds/],
    ['a row that is not there', { folds: [[0], [300]] }, /fold 2 holds out row 300/],
    ['an empty fold', { folds: [[0], []] }, /fold 2 holds out 0 of 300/],
    ['a row twice', { folds: [[0, 0], [1]] }, /fold 1 holds out 2 of 300/],
    ['other classes', { validation: { x, y: { ...y, classes: ['a', 'b', 'c', 'd'] } } }, /validation has 300 rows/],
  ])('refuses %s', async (_what, options, message) => {
    const chosen = choose(options);
    await expect(chosen).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(chosen).rejects.toThrow(message);
  });

  it('stops when told', async () => {
    const controller = new AbortController();
    const chosen = choose({
      folds: 3,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(chosen).rejects.toThrow('enough');
  });
});
