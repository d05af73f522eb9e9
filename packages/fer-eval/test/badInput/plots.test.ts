import { describe, expect, it } from 'vitest';
import { type Evaluation, evaluate, rankingCurves } from '../../src/index.js';
import { renderPng } from '../../src/node.js';
import {
  accuracyDomain,
  accuracyPlot,
  classDistributionPlot,
  classPiePlot,
  confusionPlot,
  errorRatePlot,
  type FeatureMap,
  featureMapPlot,
  mapFeatures,
  mistakesPlot,
  precisionRecallPlot,
  reliabilityPlot,
  robustnessPlot,
  rocPlot,
  trainingCurvePlot,
} from '../../src/plots.js';
import { makeCase } from '../cases.js';
import { history, robustnessOf } from '../reportInput.js';
import { having, type Refused, refuses } from './refused.js';

const ARGUMENT = 'INVALID_ARGUMENT';
const any = (value: unknown) => value as never;
const data = makeCase(40, 3, 1, 0);
const evaluation = evaluate(data);
const one = { name: 'svm', evaluation };
const curve = rankingCurves(data)[0];
const measured = robustnessOf(0);
const [blur] = measured.corruptions;
const map: FeatureMap = {
  classes: ['a', 'b'],
  n: 2,
  explained: [0.6, 0.4],
  means: [[0, 0], null],
  points: [
    [0, 1, 0],
    [1, 0, 1],
  ],
};
const mistake = {
  row: 0,
  actual: 'a',
  predicted: 'b',
  sureness: 0.9,
  measure: 'probability' as const,
  face: 'data:image/png;base64,',
};
const features = { data: Float32Array.of(1, 2, 3, 5), rows: 2, columns: 2 };
const reference = { name: 'people', accuracy: 0.65 };

/** An evaluation with other properties, in a plot of it. */
function plotted(what: string, changes: Partial<Record<keyof Evaluation, unknown>>, message: string): Refused {
  return [what, () => accuracyPlot([having(one, { evaluation: { ...evaluation, ...changes } })]), ARGUMENT, message];
}

const referring = (changes: Readonly<Record<string, unknown>>) =>
  accuracyPlot([one], { references: [having(reference, changes)] });
const bearing = (changes: Readonly<Record<string, unknown>>) =>
  robustnessPlot([{ name: 'svm', robustness: having(measured, changes) }]);

describe('plots refuse', () => {
  refuses([
    ['an evaluation without a name', () => accuracyPlot([any({ evaluation })]), ARGUMENT, 'name of item 1'],
    ['a name that is a number', () => errorRatePlot([having(one, { name: 1 })]), ARGUMENT, 'name of item 1'],
    ['a name twice', () => reliabilityPlot([one, one]), ARGUMENT, 'different names'],
    plotted('an accuracy in percent', { accuracy: 65 }, 'the accuracy of svm is 65'),
    plotted('a NaN accuracy', { accuracy: Number.NaN }, 'the accuracy of svm is NaN'),
    plotted('an interval without an end', { accuracyInterval: { low: 0.5 } }, 'high of the accuracyInterval of svm'),
    plotted('an interval upside down', { accuracyInterval: { low: 0.6, high: 0.5 } }, 'the lower end first'),
    plotted('no means', { macro: undefined }, 'macro of svm is undefined'),
    plotted('no metrics of the classes', { perClass: undefined }, 'perClass of svm are undefined'),
    plotted(
      'a support that the confusion matrix contradicts',
      { perClass: evaluation.perClass.map((metrics) => ({ ...metrics, support: 1 })) },
      'other counts in n or perClass',
    ),
    plotted('another n', { n: 41 }, 'other counts in n or perClass'),
    plotted(
      'an error rate in percent',
      { perClass: evaluation.perClass.map((metrics) => ({ ...metrics, errorRate: 30 })) },
      'the errorRate of class angry of svm is 30',
    ),
    plotted('a calibration without bins', { calibration: { expectedError: 0, maximumError: 0 } }, 'the bins of svm'),
    ['a reference in percent', () => referring({ accuracy: 65 }), ARGUMENT, 'the reference people is 65'],
    ['a reference without a name', () => accuracyDomain([one], [any({ accuracy: 0.5 })]), ARGUMENT, 'name of item 1'],
    ['a misspelt range', () => referring({ rnage: [0.6, 0.7] }), ARGUMENT, 'did you mean "range"'],
    ['a range in percent', () => referring({ range: [60, 70] }), ARGUMENT, 'the range of the reference people is 60'],
    ['a domain of one end', () => accuracyPlot([one], { domain: any([0]) }), ARGUMENT, 'second end of domain'],
    ['an empty domain', () => accuracyPlot([one], { domain: [1, 1] }), ARGUMENT, 'equal'],
    ['a title that is a symbol', () => confusionPlot(evaluation.confusion, { title: any(Symbol('a')) }), ARGUMENT, ''],
    ['null for a title', () => rocPlot([curve], { title: any(null) }), ARGUMENT, 'title is null'],
    [
      'evaluations of other classes',
      () => errorRatePlot([one, { name: 'b', evaluation: evaluate(makeCase(40, 4, 1, 0)) }]),
      'INVALID_DATA',
      'the evaluation of b has other classes',
    ],
    ['a largest rate in percent', () => errorRatePlot([one], { largest: 40 }), ARGUMENT, 'largest is 40'],
    ['a NaN least', () => reliabilityPlot([one], { least: Number.NaN }), ARGUMENT, 'least is NaN'],
    ['curves of nothing', () => rocPlot([any({})]), ARGUMENT, 'name of item 1 of the curves'],
    ['no curves', () => precisionRecallPlot([]), ARGUMENT, 'the curves'],
    ['a curve without its area', () => rocPlot([having(curve, { auc: undefined })]), ARGUMENT, 'auc of class angry'],
    ['a point of one number', () => rocPlot([having(curve, { roc: [[0]] })]), ARGUMENT, 'the points of roc'],
    [
      'a point outside the plot',
      () => precisionRecallPlot([having(curve, { precisionRecall: [[0, 100]] })]),
      ARGUMENT,
      'the points of precisionRecall of class angry is 100',
    ],
    ['negative counts', () => classPiePlot(['a'], { name: 'x', counts: [-1] }), ARGUMENT, 'the count of a in x is -1'],
    ['a NaN count', () => classDistributionPlot(['a'], [{ name: 'x', counts: [Number.NaN] }]), ARGUMENT, 'is NaN'],
    ['a split without a name', () => classDistributionPlot(['a'], [any({ counts: [1] })]), ARGUMENT, 'name of item 1'],
    ['a point of no class', () => featureMapPlot({ ...map, points: [[0, 0, 2]] }), ARGUMENT, 'has class 2'],
    ['a mean of one number', () => featureMapPlot({ ...map, means: [any([0]), null] }), ARGUMENT, "the map's means"],
    ['means of other classes', () => featureMapPlot({ ...map, means: [null] }), ARGUMENT, '1 means for 2 classes'],
    ['more points than rows', () => featureMapPlot({ ...map, n: 1 }), ARGUMENT, "the map's n is 1"],
    ['variance in percent', () => featureMapPlot({ ...map, explained: [60, 40] }), ARGUMENT, "the map's explained"],
    [
      'a negative number of points',
      () => mapFeatures(features, { labels: Uint8Array.of(0, 0), classes: ['a'] }, { most: -1 }),
      ARGUMENT,
      'most is -1',
    ],
    ['robustness without a name', () => robustnessPlot([any({ robustness: measured })]), ARGUMENT, 'name of item 1'],
    ['robustness of no corruption', () => bearing({ corruptions: [] }), ARGUMENT, 'the corruptions of svm'],
    ['a clean accuracy in percent', () => bearing({ clean: { accuracy: 63 } }), ARGUMENT, 'on clean images is 63'],
    [
      'a NaN accuracy under a corruption',
      () => bearing({ corruptions: [{ ...blur, strengths: [{ ...blur.strengths[0], accuracy: Number.NaN }] }] }),
      ARGUMENT,
      'the accuracy of svm under blur is NaN',
    ],
    ['half a column', () => robustnessPlot([{ name: 'a', robustness: measured }], { columns: 0.5 }), ARGUMENT, '0.5'],
    ['a mistake of nothing', () => mistakesPlot([any({ face: 'data:' })]), ARGUMENT, 'the row of item 1'],
    ['a NaN sureness', () => mistakesPlot([having(mistake, { sureness: Number.NaN })]), ARGUMENT, 'the sureness'],
    ['an unknown measure', () => mistakesPlot([having(mistake, { measure: 'score' })]), ARGUMENT, 'the measure'],
    [
      'a face from elsewhere',
      () => mistakesPlot([having(mistake, { face: 'https://example.org/a.png' })]),
      ARGUMENT,
      'the face of item 1 of the mistakes is no data: URL',
    ],
    [
      'an epoch without its loss',
      () => trainingCurvePlot([having(history(1)[0], { loss: undefined })], 'loss'),
      ARGUMENT,
      'the loss of epoch 1 is undefined',
    ],
    ['a scale in words', () => renderPng(confusionPlot(evaluation.confusion), { scale: any('2') }), ARGUMENT, 'scale'],
  ]);

  it('but take what is right', () => {
    expect(featureMapPlot(map)).toBeDefined();
    expect(mistakesPlot([mistake])).toBeDefined();
    expect(accuracyPlot([one], { references: [{ ...reference, range: [0.6, 0.7] }], domain: [0, 1] })).toBeDefined();
  });
});
