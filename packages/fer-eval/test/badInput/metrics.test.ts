import { type Dataset, type Images, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import {
  accuracy,
  balancedAccuracy,
  bootstrapInterval,
  CORRUPTIONS,
  calibration,
  classificationReport,
  classMetrics,
  cohenKappa,
  compare,
  evaluate,
  evaluateOn,
  gaussianBlur,
  historyToCsv,
  holmCorrection,
  jpegLoss,
  logLoss,
  macroAverage,
  matthewsCorrelation,
  mcnemarTest,
  normalizeConfusion,
  pairedBootstrap,
  precisionRecallCurve,
  rankingCurves,
  robustness,
  rocCurve,
  smooth,
  topConfusions,
  weightedAverage,
  wilsonInterval,
  worstMistakes,
} from '../../src/index.js';
import { makeCase } from '../cases.js';
import { history } from '../reportInput.js';
import { having, refuses } from './refused.js';

const [DATA, ARGUMENT] = ['INVALID_DATA', 'INVALID_ARGUMENT'];
const classes = ['a', 'b'];
const empty = {
  classes,
  counts: [
    [0, 0],
    [0, 0],
  ],
};
const case3 = makeCase(40, 3, 1, 0);
const { actual, scores, probabilities } = case3;
const perClass = classMetrics(evaluate(case3).confusion);
const any = (value: unknown) => value as never;

describe('metrics refuse', () => {
  refuses([
    ['accuracy of no rows', () => accuracy(empty), DATA, 'no rows'],
    ['balanced accuracy of no rows', () => balancedAccuracy(empty), DATA, 'no rows'],
    ['kappa of no rows', () => cohenKappa(empty), DATA, 'no rows'],
    ['Matthews correlation of no rows', () => matthewsCorrelation(empty), DATA, 'no rows'],
    ['a report of no rows', () => classificationReport(empty), DATA, 'no class has rows'],
    ['a weighted mean of no rows', () => weightedAverage(classMetrics(empty)), DATA, 'no class has rows'],
    ['a hole in counts', () => accuracy({ classes, counts: [[1, 1], any(new Array(2))] }), DATA, 'row 2, column 1'],
    ['a hole for a row', () => accuracy({ classes, counts: any(new Array(2)) }), DATA, 'the confusion matrix'],
    ['a count beyond the whole numbers', () => accuracy({ classes: ['a'], counts: [[1e300]] }), DATA, '1e+300'],
    ['a mean of no classes', () => macroAverage([]), DATA, 'the metrics are an empty array'],
    ['metrics without F1', () => macroAverage([having(perClass[0], { f1: undefined })]), DATA, 'f1 of class 1'],
    ['NaN support', () => weightedAverage([having(perClass[0], { support: Number.NaN })]), DATA, 'support of class 1'],
    ['a curve without a class', () => rocCurve(actual, scores, any(undefined)), ARGUMENT, 'class undefined'],
    [
      'a class of a curve that is no index',
      () => precisionRecallCurve(actual, scores, any('1')),
      ARGUMENT,
      'class "1"',
    ],
    ['fewer classes than scores', () => rankingCurves({ actual, scores, classes }), DATA, 'expected 40×2'],
    ['NaN spacing', () => rankingCurves(case3, { spacing: Number.NaN }), ARGUMENT, 'spacing is NaN'],
    [
      'columns that are not whole',
      () => logLoss([0, 1], { data: new Float64Array(5).fill(0.4), rows: 2, columns: 2.5 }),
      DATA,
      'probabilities are 2×2.5',
    ],
    ['null for scores', () => evaluate({ ...case3, scores: any(null) }), DATA, 'scores are null'],
    ['null for probabilities', () => evaluate({ ...case3, probabilities: any(null) }), DATA, 'probabilities are null'],
    [
      'bins out of range, also without probabilities',
      () => evaluate({ ...case3, probabilities: undefined }, { bins: -1 }),
      ARGUMENT,
      'bins is -1',
    ],
    ['bins that are a symbol', () => calibration(actual, probabilities, { bins: any(Symbol('a')) }), ARGUMENT, 'bins'],
    [
      'a label that is a symbol',
      () => evaluate({ actual: [any(Symbol('a'))], predicted: [0], classes }),
      DATA,
      'label a symbol',
    ],
    ['a count of confusions in words', () => topConfusions(empty, { count: any('3') }), ARGUMENT, 'count is "3"'],
  ]);

  it('but ratios of single classes are zeroDivision, also where there are no rows', () => {
    expect(classMetrics(empty, { zeroDivision: 1 }).map(({ f1, errorRate }) => [f1, errorRate])).toEqual([
      [1, null],
      [1, null],
    ]);
    expect(normalizeConfusion(empty, 'true')).toEqual(empty.counts);
    expect(topConfusions(empty)).toEqual([]);
  });
});

const ok = { actual: [0, 1, 1], classes };
const named = (names: unknown[]) => ({
  ...ok,
  predictions: any(names.map((name) => ({ name, predicted: [0, 1, 0] }))),
});

describe('statistics refuse', () => {
  refuses([
    ['null for a p-value', () => holmCorrection([0.5, any(null)]), ARGUMENT, 'p-value 2 is null'],
    ['a p-value in words', () => holmCorrection([any('0.01')]), ARGUMENT, 'p-value 1 is "0.01"'],
    ['a NaN p-value', () => holmCorrection([Number.NaN]), ARGUMENT, 'p-value 1 is NaN'],
    ['a count in words', () => mcnemarTest(any('3'), 2), ARGUMENT, 'onlyFirst is "3"'],
    ['a count that is a symbol', () => mcnemarTest(3, any(Symbol('a'))), ARGUMENT, 'onlySecond is a symbol'],
    ['confidence in words', () => wilsonInterval(1, 2, { confidence: any('0.9') }), ARGUMENT, 'is "0.9"'],
    ['a symbol for n', () => wilsonInterval(1, any(Symbol('a'))), ARGUMENT, 'of a symbol'],
    ['a NaN seed without a difference', () => pairedBootstrap(0, 0, 9, { seed: Number.NaN }), ARGUMENT, 'seed NaN'],
    [
      'a promise of a statistic',
      () =>
        bootstrapInterval(
          3,
          any(async () => 1),
        ),
      DATA,
      'is a Promise',
    ],
    ['predictions without a name', () => compare(named([undefined])), ARGUMENT, 'name of item 1 of the predictions'],
    ['an empty name', () => compare(named(['a', ''])), ARGUMENT, 'name of item 2 of the predictions is empty'],
    ['a name twice', () => compare(named(['a', 'a'])), ARGUMENT, 'different names'],
    ['null for the baseline', () => compare(named(['a']), { baseline: any(null) }), ARGUMENT, 'baseline is null'],
    ['a NaN seed of one classifier', () => compare(named(['a']), { seed: Number.NaN }), ARGUMENT, 'seed NaN'],
    ['few resamples of one classifier', () => compare(named(['a']), { resamples: 1 }), ARGUMENT, 'resamples is 1'],
    ['NaN among values to smooth', () => smooth([1, Number.NaN]), ARGUMENT, 'value 2 is NaN'],
    ['values in words', () => smooth([any('1')]), ARGUMENT, 'value 1 is "1"'],
    ['a factor in words', () => smooth([1], any('0.5')), ARGUMENT, 'factor is "0.5"'],
    ['an epoch without its number', () => historyToCsv([any({ loss: 1 })]), ARGUMENT, 'the number of epoch 1'],
    ['a loss in words', () => historyToCsv([having(history(1)[0], { loss: '1,2' })]), ARGUMENT, 'the loss of epoch 1'],
  ]);

  it('gives finite intervals at the highest confidence there is', async () => {
    const confidence = 1 - 2 ** -53;
    const { low, high } = wilsonInterval(3, 9, { confidence });
    expect(0 < low && low < high && high < 1).toBe(true);
    const paired = await pairedBootstrap(3, 1, 9, { confidence, resamples: 100 });
    expect(Number.isFinite(paired.low) && Number.isFinite(paired.high)).toBe(true);
  });

  it('does not round to the type of the values', () => {
    expect(smooth(any(Uint8Array.of(1, 0)), 0.5)).toEqual(smooth([1, 0], 0.5));
  });

  it('takes histories of trainings that diverged, also after a way through JSON', () => {
    const diverged = [{ ...history(1)[0], loss: Number.NaN }];
    expect(historyToCsv(diverged)).toContain(',');
    expect(historyToCsv(JSON.parse(JSON.stringify(diverged)))).toContain(',');
  });
});

const faces: Dataset = {
  images: new Uint8Array(32).map((_, i) => i),
  labels: Uint8Array.of(0, 1),
  classes,
  n: 2,
  height: 4,
  width: 4,
  channels: 1,
};
const classifier = { classes, predict: async () => Uint8Array.of(0, 1) };
const blur = CORRUPTIONS[0];
const bear = (predicted: unknown, changes: Readonly<Record<string, unknown>> = {}) =>
  robustness({ classes, predict: async () => any(predicted) }, faces, {
    strengths: [1],
    corruptions: [having(blur, changes)],
  });
const scored = {
  classes,
  decisionFunction: async () => ({ data: Float32Array.of(1, 0, 0, 1), rows: 2, columns: 2 }),
};
const mistaken = { ...ok, predicted: [1, 1, 1], scores: { data: new Float32Array(6), rows: 3, columns: 2 } };
const three: Images = { ...faces, images: new Uint8Array(48), n: 3 };

describe('classifiers, corruptions and mistakes refuse', () => {
  refuses([
    ['fewer labels than images', () => bear([0]), DATA, 'gave 1 labels for 2 images'],
    ['a label that is no class', () => bear([0, 2]), DATA, 'label 2'],
    ['a promise of other images', () => bear([0, 1], { apply: async () => faces }), DATA, 'await it first'],
    ['other images than were given', () => bear([0, 1], { apply: () => three }), DATA, '3 images of 2'],
    ['a corruption without a name', () => bear([0, 1], { name: undefined }), ARGUMENT, 'name of item 1'],
    ['a NaN level', () => bear([0, 1], { levels: [Number.NaN] }), ARGUMENT, 'level 1 of blur is NaN'],
    ['a parameter that is no text', () => bear([0, 1], { parameter: 1 }), ARGUMENT, 'the parameter of blur'],
    ['a classifier without classes', () => robustness(having(classifier, { classes: undefined }), faces), ARGUMENT, ''],
    [
      'a class that is a symbol',
      () => robustness(having(classifier, { classes: [Symbol('a')] }), faces),
      DATA,
      'a symbol',
    ],
    ['null for a level', () => gaussianBlur(faces, any(null)), ARGUMENT, 'sigma is null'],
    ['a level in words', () => CORRUPTIONS[1].apply(faces, any('0.1'), new Random(1)), ARGUMENT, 'sigma is "0.1"'],
    ['half a quality', () => jpegLoss(faces, 50.5), ARGUMENT, 'quality is 50.5'],
    ['a closed set in words', () => evaluateOn(any(scored), faces, { closedSet: any('no') }), ARGUMENT, 'closedSet'],
    [
      'probabilities of other columns',
      () =>
        evaluateOn(
          any({ ...scored, predictProba: async () => ({ data: Float32Array.of(1, 1), rows: 2, columns: 1 }) }),
          faces,
          { closedSet: true },
        ),
      DATA,
      '1 columns, expected 2',
    ],
    [
      'ids that are no text',
      () => worstMistakes(mistaken, { ids: [any(1), 'b', 'c'] }),
      ARGUMENT,
      'id 1 is 1: give a string',
    ],
    [
      'an explanation of nothing',
      () => worstMistakes(mistaken, { images: three, explain: any(async () => undefined) }),
      DATA,
      'explain gave undefined',
    ],
    [
      'an explanation that is no images',
      () => worstMistakes(mistaken, { images: three, explain: any(async () => ({ n: 1 })) }),
      DATA,
      'the images are an object',
    ],
  ]);

  it('maps a class of the data whose name has another Unicode form', async () => {
    const [composed, decomposed] = ['é', 'e\u0301'];
    const data = { ...faces, classes: [composed, 'b'] };
    const { evaluation } = await evaluateOn(any(scored), data, { mapping: { [decomposed]: 'a' } });
    expect(evaluation.accuracy).toBe(1);
    const twice = { [decomposed]: 'a', [composed]: 'b' };
    await expect(evaluateOn(any(scored), data, { mapping: twice })).rejects.toMatchObject({ code: ARGUMENT });
  });
});
