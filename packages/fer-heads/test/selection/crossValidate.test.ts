import { describe, expect, it } from 'vitest';
import {
  calibrateCV,
  crossValidate,
  gridSearch,
  linearL2SVM,
  nystroem,
  rbfSVM,
  type Scoring,
  selectC,
} from '../../src/index.js';
import { gap, referenceData } from '../reference.js';

const { x, y } = referenceData(300, 12, 4);
const folds = [0, 1, 2].map((f) => Array.from({ length: 100 }, (_, i) => 3 * i + f));
const make = () => linearL2SVM({ C: 0.1, tolerance: 1e-11 });

/*
 * scikit-learn 1.2.1: cross_validate(LinearSVC(dual=False, tol=1e-12, max_iter=100000, C=.1), X, y, cv=folds,
 * scoring=['accuracy', 'balanced_accuracy', 'f1_macro'])
 */
const EXPECTED: [Exclude<Scoring, (...given: never[]) => number>, number[]][] = [
  ['accuracy', [0.7, 0.76, 0.7]],
  ['balancedAccuracy', [0.5032051282051282, 0.5209530827806436, 0.48686440677966103]],
  ['macroF1', [0.5055622773408618, 0.5199404761904762, 0.48269581056466304]],
];

describe('crossValidate', () => {
  it.each(EXPECTED)('measures as cross_validate does: %s', async (scoring, expected) => {
    const { scores, score, standardError, converged } = await crossValidate(make, x, y, { folds, scoring });
    expect(converged).toBe(true);
    expect(gap(scores, expected)).toBeLessThan(1e-12);
    const mean = (expected[0] + expected[1] + expected[2]) / 3;
    expect(score).toBeCloseTo(mean, 12);
    const variance = expected.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 2;
    expect(standardError).toBeCloseTo(Math.sqrt(variance / 3), 12);
  });

  it('gives the decision function of cross_val_predict', async () => {
    const { decision } = await crossValidate(make, x, y, { folds });
    // cross_val_predict(..., method='decision_function')[:2]
    const expected = [
      1.3233403709672604, -1.5363352034217022, -1.8658502504053192, -1.095144641607321, -1.1433004831117382,
      -0.9808661998324582, 1.2639072184034852, -1.5518673504747207,
    ];
    expect(gap(decision.data.subarray(0, 8), expected)).toBeLessThan(1e-6);
  });

  it('takes a function to measure by, and refuses one that gives no number', async () => {
    const hits: Scoring = (actual, predicted, classes) =>
      actual.filter((label, i) => label === predicted[i]).length + classes.length;
    const { scores } = await crossValidate(make, x, y, { folds, scoring: hits });
    expect(scores).toEqual([74, 80, 74]);
    await expect(crossValidate(make, x, y, { scoring: () => Number.NaN })).rejects.toThrow(/returned NaN/);
    await expect(crossValidate(make, x, y, { scoring: 'f1' as 'macroF1' })).rejects.toThrow(/scoring is "f1"/);
    await expect(crossValidate(make, x, y, { scoring: 'toString' as 'macroF1' })).rejects.toThrow(/scoring is "toS/);
  });
});

describe('gridSearch', () => {
  it('finds the parameters of GridSearchCV, in its order', async () => {
    const grid = { C: [0.1, 1, 10], gamma: [0.003, 0.03, 0.3] };
    const { parameters, scores, head } = await gridSearch(({ C, gamma }) => rbfSVM({ C, gamma }), grid, x, y, {
      folds,
      scoring: 'macroF1',
    });
    // GridSearchCV(SVC(), grid, cv=folds, scoring='f1_macro').fit(X, y): best_params_, cv_results_['mean_test_score'].
    expect(parameters).toEqual({ C: 10, gamma: 0.003 });
    const expected = [
      0.18070727132296152, 0.18070727132296152, 0.18070727132296152, 0.34912222168499696, 0.45803098549299387,
      0.19251456666077071, 0.49587316738355836, 0.4724343124500574, 0.21735430814024473,
    ];
    // SVC() counts votes where ours takes the largest score (break_ties=True), so that a few rows differ.
    expect(
      gap(
        scores.map(({ score }) => score),
        expected,
      ),
    ).toBeLessThan(0.02);
    expect(scores[1].parameters).toEqual({ C: 0.1, gamma: 0.03 });
    const alone = rbfSVM(parameters);
    await alone.fit(x, y);
    expect(await head.predict(x)).toEqual(await alone.predict(x));
  });

  it('takes any head and parameter, validation rows, and the first of equals', async () => {
    const validation = { x, y };
    const grid = { components: [20, 40, 40], bias: ['regularised', 'free'] } as const;
    const { parameters, scores } = await gridSearch(
      ({ components, bias }) => nystroem(linearL2SVM({ bias, C: 1e-9 }), { components }),
      grid,
      x,
      y,
      { validation, scoring: 'balancedAccuracy' },
    );
    expect(scores).toHaveLength(6);
    const best = Math.max(...scores.map(({ score }) => score));
    expect(parameters).toEqual(scores.find(({ score }) => score === best)!.parameters);
    expect(scores[0].standardError).toBeUndefined();
    await expect(gridSearch(() => make(), {}, x, y, { folds })).rejects.toThrow(/grid is empty/);
    await expect(gridSearch(() => make(), { C: [] }, x, y, { folds })).rejects.toThrow(/grid.C is empty/);
    const scalar = { C: 1 } as unknown as { C: number[] };
    await expect(gridSearch(() => make(), scalar, x, y, { folds })).rejects.toThrow(/grid.C is 1: give one value/);
    const one = [Array.from({ length: 90 }, (_, i) => i)];
    await expect(crossValidate(make, x, y, { folds: one })).rejects.toThrow(/^folds is a list of 1: give a number/);
    await expect(gridSearch(() => make(), { C: [1] }, x, y)).rejects.toThrow(/gridSearch needs rows to measure on/);
  });
});

describe('what makes heads', () => {
  it('must make a new one in each call', async () => {
    const head = make();
    for (const calling of [
      () => crossValidate(() => head, x, y, { folds }),
      () => calibrateCV(() => head, x, y, { folds }),
      () => gridSearch(() => head, { C: [1] }, x, y, { folds }),
      () => selectC(() => head, x, y, { validation: { x, y }, grid: [1, 2] }),
    ]) {
      await expect(calling()).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: 'head returned the same head twice: make a new one in each call.',
      });
    }
  });
});

describe('a class whose rows are all in one fold', () => {
  const labels = y.labels.map((_, i) => (i === 4 ? 2 : i % 2));
  const rare = { labels, classes: ['a', 'b', 'c'] };
  const message = 'without the rows of fold 2, class "c" has no rows: add some, or leave the class out.';

  it('is refused by name, with the number of the fold', async () => {
    for (const calling of [
      () => crossValidate(make, x, rare, { folds }),
      () => calibrateCV(make, x, rare, { folds }),
      () => gridSearch(make, { C: [1] }, x, rare, { folds }),
      () => selectC(make, x, rare, { folds, grid: [1] }),
    ]) {
      await expect(calling()).rejects.toMatchObject({ code: 'INVALID_DATA', message });
    }
  });

  it('leaves errors that are not ours as they are', async () => {
    const fit = async () => {
      throw new RangeError('mine');
    };
    await expect(crossValidate(() => ({ ...make(), fit }), x, y, { folds })).rejects.toThrow(/^mine$/);
  });
});

describe('options that are not of their type', () => {
  it.each<[object, RegExp]>([
    [{ scoring: null }, /^scoring is null/],
    [{ scoring: ['accuracy'] }, /^scoring is an array/],
    [{ scoring: Object.create(null) }, /^scoring is an object/],
    [{ scoring: async () => 1 }, /^scoring returned a Promise/],
    [{ folds: null }, /^folds is null/],
    [{ folds: Object.assign(new Array(2), { 1: [1] }) }, /^the rows of fold 1 are undefined/],
    [{ folds: [['0'], [1]] }, /^fold 1 holds out row "0"/],
    [{ folds: '5' }, /^folds is "5"/],
  ])('are refused: %o', async (options, message) => {
    const calling = crossValidate(make, x, y, options);
    await expect(calling).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
  });

  it('null is not the default', async () => {
    await expect(calibrateCV(make, x, y, { method: null as never })).rejects.toThrow(/^method is null/);
    await expect(selectC(make, x, y, { folds, grid: null as never })).rejects.toThrow(/grid are null/);
    await expect(selectC(make, x, y, { folds, grid: Object.assign(new Array(2), { 1: 1 }) })).rejects.toThrow(
      /^grid\[0\] is undefined/,
    );
    for (const grid of [[[1, 2]], new Map([['C', [1]]])] as never[]) {
      await expect(gridSearch(make, grid, x, y, { folds })).rejects.toThrow(/^grid is an? (array|Map)/);
    }
  });
});

describe('selectC', () => {
  it('chooses by the scoring asked for', async () => {
    const grid = [1e-3, 1e-1];
    const { scores } = await selectC((C) => linearL2SVM({ C, tolerance: 1e-11 }), x, y, {
      folds,
      grid,
      scoring: 'macroF1',
    });
    expect(gap(scores[1].scores, EXPECTED[2][1])).toBeLessThan(1e-12);
  });

  it('takes the smallest of values whose means differ in the last bit alone', async () => {
    // Three folds that score .1, .2 and .3 in two orders: their sums differ by rounding.
    let call = 0;
    const order = [0.3, 0.1, 0.2, 0.2, 0.1, 0.3];
    const { C, scores } = await selectC((value) => linearL2SVM({ C: value }), x, y, {
      folds,
      grid: [1e-2, 1e-1],
      scoring: () => order[call++],
    });
    expect(scores[1].score).not.toBe(scores[0].score);
    expect(C).toBe(1e-2);
  });
});
