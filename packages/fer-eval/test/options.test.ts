import { pipe } from 'fer-core';
import { describe, expect, it } from 'vitest';
import * as evaluation from '../src/index.js';
import * as node from '../src/node.js';
import * as plots from '../src/plots.js';
import * as report from '../src/report.js';
import { makeCase } from './cases.js';

const data = makeCase(40, 3, 1, 0);
const { actual, classes } = data;
const found = evaluation.evaluate(data);
const { confusion } = found;
const features = { data: Float32Array.from({ length: 80 }, (_, i) => Math.sin(i)), rows: 40, columns: 2 };
const images = { images: new Uint8Array(40), n: 40, height: 1, width: 1, channels: 1 };
const dataset = { ...images, labels: Uint8Array.from(actual), classes };
const head = {
  classes,
  fit: async () => ({ iterations: 1, converged: true, objective: 0, seconds: 0 }),
  decisionFunction: async () => ({ data: new Float32Array(120), rows: 40, columns: 3 }),
  predict: async () => new Uint8Array(40),
  serialize: () => Promise.reject(new Error('not asked for')),
  dispose() {},
};
const backbone = {
  outputSize: 2,
  transform: async () => features,
  serialize: () => Promise.reject(new Error('not asked for')),
  dispose() {},
};
const named = [{ name: 'a', evaluation: found }];
const bad = { nosuch: 1 } as object;
const noRows = { classes, n: 0, explained: [1, 0] as const, means: [], points: [] };

/** Every function with options, called with one that it does not have. */
const CALLS: Readonly<Record<string, () => unknown>> = {
  accuracyPlot: () => plots.accuracyPlot(named, bad),
  bootstrapInterval: () => evaluation.bootstrapInterval(9, () => 1, bad),
  calibration: () => evaluation.calibration([0], { data: Float64Array.of(1), rows: 1, columns: 1 }, bad),
  classificationReport: () => evaluation.classificationReport(confusion, bad),
  classMetrics: () => evaluation.classMetrics(confusion, bad),
  compare: () => evaluation.compare({ actual, classes, predictions: [{ name: 'a', predicted: data.predicted }] }, bad),
  confusionPlot: () => plots.confusionPlot(confusion, bad),
  errorRatePlot: () => plots.errorRatePlot(named, bad),
  evaluate: () => evaluation.evaluate(data, bad),
  evaluateClassifier: () => evaluation.evaluateClassifier(pipe(backbone, head), dataset, bad),
  evaluateHead: () => evaluation.evaluateHead(head, features, dataset, bad),
  evaluateOn: () => evaluation.evaluateOn(pipe(backbone, head), dataset, bad),
  featureMapPlot: () => plots.featureMapPlot(noRows, bad),
  mapFeatures: () => plots.mapFeatures(features, dataset, bad),
  measureHead: () => node.measureHead({ name: 'a', make: () => head }, bad as node.MeasureHeadOptions),
  mistakesPlot: () => plots.mistakesPlot([], bad),
  pairedBootstrap: () => evaluation.pairedBootstrap(1, 0, 9, bad),
  precisionRecallPlot: () => plots.precisionRecallPlot([], bad),
  principalComponents: () => plots.principalComponents(features, bad),
  rankingCurves: () => evaluation.rankingCurves({ actual, classes, scores: data.scores }, bad),
  reliabilityPlot: () => plots.reliabilityPlot(named, bad),
  renderMarkdown: () => report.renderMarkdown(bad as report.ReportInput),
  renderPng: () => node.renderPng(plots.confusionPlot(confusion), bad),
  renderReport: () => report.renderReport({} as report.ReportInput, bad),
  renderSvg: () => plots.renderSvg(plots.confusionPlot(confusion), bad),
  reportJson: () => report.reportJson(bad as report.ReportInput),
  reportSummary: () => report.reportSummary(bad as report.ReportInput),
  robustness: () => evaluation.robustness(head, dataset, bad),
  robustnessPlot: () => plots.robustnessPlot([], bad),
  rocPlot: () => plots.rocPlot([], bad),
  runExperiment: () => node.runExperiment(bad as node.ExperimentOptions),
  topConfusions: () => evaluation.topConfusions(confusion, bad),
  trainingCurvePlot: () => plots.trainingCurvePlot([], 'loss', bad),
  wilsonInterval: () => evaluation.wilsonInterval(1, 2, bad),
  worstMistakes: () => evaluation.worstMistakes(data, bad),
};

/** Functions without options. */
const PLAIN = [
  ...['accuracy', 'accuracyDomain', 'averagePrecision', 'balancedAccuracy', 'classDistributionPlot', 'classPiePlot'],
  ...['cohenKappa', 'confusionMatrix', 'gaussianBlur', 'gaussianNoise', 'historyToCsv', 'historyToJsonLines'],
  ...['holmCorrection', 'jpegLoss', 'logLoss', 'lowLight', 'macroAverage', 'matthewsCorrelation', 'mcnemarTest'],
  ...['normalizeConfusion', 'occlusion', 'precisionRecallCurve', 'rocAuc', 'rocCurve', 'rotation', 'serveHeads'],
  ...['shift', 'showPlot', 'smooth', 'summarizeExperiment', 'topKAccuracy', 'weightedAverage'],
];

describe('unknown options', () => {
  it.each(Object.entries(CALLS))('are refused by %s', async (_, call) => {
    await expect((async () => call())()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('"nosuch"'),
    });
  });

  it('are tested for every exported function', () => {
    const functions = [evaluation, node, plots, report].flatMap((module) =>
      Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])),
    );
    const tested = new Set([...Object.keys(CALLS), ...PLAIN]);
    expect([...new Set(functions)].filter((name) => !tested.has(name))).toEqual([]);
    expect([...tested].filter((name) => !functions.includes(name))).toEqual([]);
  });

  it.each([
    ['confusionPlot', () => plots.confusionPlot(confusion, { normalize: 'rows' as 'true' })],
    ['trainingCurvePlot', () => plots.trainingCurvePlot([], 'error' as 'loss')],
    ['renderSvg', () => plots.renderSvg({}, { scheme: 'black' as 'dark' })],
  ])('and unknown values by %s', async (_, call) => {
    await expect((async () => call())()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
