import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EpochRecord, type Images, Random } from 'fer-core';
import * as evaluation from 'fer-eval';
import * as node from 'fer-eval/node';
import * as plots from 'fer-eval/plots';
import * as report from 'fer-eval/report';
import { linearL2SVM } from 'fer-heads';
import { afterAll } from 'vitest';
import { type Call, type Calls, call } from './call.js';
import { dataset, features, fittedPipe, labels, pixelBackbone } from './fixtures.js';
import { holdsPromises } from './properties.js';

const folder = await mkdtemp(join(tmpdir(), 'fer-surface-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const actual = () => Array.from(labels().labels);
const { classes } = labels();
const predictions = () => ({ actual: actual(), predicted: actual().map((label, i) => (i % 4 ? label : 0)), classes });
const confusion = () => evaluation.confusionMatrix(predictions());
const perClass = () => evaluation.classMetrics(confusion());
const answers = () => ({ ...predictions(), probabilities: probabilities() });
const evaluated = () => evaluation.evaluate(answers());
const named = () => [{ name: 'a', evaluation: evaluated() }];
const counts = () => ({ name: 'train', counts: [8, 8, 8] });
const classifier = await fittedPipe();
const random = () => new Random(1);

/** Probabilities of the three classes, the label's the largest in most rows. */
function probabilities(): evaluation.ScoreMatrix {
  const rows = actual().map((label, i) =>
    classes.map((_, j) => 1 + (i % 4 && j === label ? 2 : 0) + ((i * 7 + j) % 5)),
  );
  const data = Float64Array.from(
    rows.flatMap((row) => row.map((share) => share / row.reduce((sum, value) => sum + value, 0))),
  );
  return { data, rows: rows.length, columns: classes.length };
}

function curves(): evaluation.ClassCurves[] {
  return evaluation.rankingCurves({ actual: actual(), classes, scores: probabilities() });
}

function history(): EpochRecord[] {
  return [1, 2].map((epoch) => ({
    epoch,
    loss: 1 / epoch,
    accuracy: 0.5,
    validationLoss: 1 / epoch,
    validationAccuracy: 0.5,
    learningRate: 0.1,
    seconds: 1,
  }));
}

async function measured(): Promise<evaluation.Robustness> {
  return evaluation.robustness(classifier, dataset(), { strengths: [1] });
}

async function fittedHead() {
  const head = linearL2SVM();
  await head.fit(features(), labels());
  return head;
}

function reported(): report.ReportInput {
  return {
    title: 'A report',
    classes,
    splits: [{ name: 'test', counts: [8, 8, 8] }],
    heads: [{ name: 'a', evaluations: { test: evaluated() } }],
  };
}

/** A report with a picture. Its parts are checked in one place, so that the slow HTML is not tried with junk in each. */
const REPORT = { ...reported(), history: history() };

const svmHead = () => ({ name: 'svm', make: () => linearL2SVM() });

let runs = 0;
function experiment(): node.ExperimentOptions {
  return {
    backbones: [{ name: 'pixels', make: async () => pixelBackbone() }],
    heads: [svmHead()],
    seeds: [1],
    data: { train: dataset(), test: dataset() },
    folder: join(folder, `run${runs++}`),
  };
}

const cells = () => [{ backbone: 'a', head: 'b', seed: 1, evaluations: { test: evaluated() } }];

/** A corruption at a mild level. */
function corrupts(target: (images: Images, level: number, random: Random) => Images, level: number): Call {
  return call(target, () => [dataset(), level, random()]);
}

const EVAL: Calls = {
  accuracy: call(evaluation.accuracy, () => [confusion()]),
  averagePrecision: call(evaluation.averagePrecision, () => [actual(), probabilities()]),
  balancedAccuracy: call(evaluation.balancedAccuracy, () => [confusion()]),
  bootstrapInterval: call(evaluation.bootstrapInterval, () => [9, (rows: Uint32Array) => rows[0], { resamples: 100 }], {
    options: 2,
  }),
  calibration: call(evaluation.calibration, () => [actual(), probabilities(), {}], { options: 2 }),
  classMetrics: call(evaluation.classMetrics, () => [confusion(), {}], { options: 1 }),
  classificationReport: call(evaluation.classificationReport, () => [confusion(), {}], { options: 1 }),
  cohenKappa: call(evaluation.cohenKappa, () => [confusion()]),
  compare: call(evaluation.compare, () => [compared(), { resamples: 100 }], { options: 1 }),
  confusionMatrix: call(evaluation.confusionMatrix, () => [predictions()]),
  evaluate: call(evaluation.evaluate, () => [answers(), {}], { options: 1 }),
  evaluateClassifier: call(evaluation.evaluateClassifier, () => [classifier, dataset(), {}], { options: 2 }),
  evaluateHead: call(evaluation.evaluateHead, async () => [await fittedHead(), features(), labels(), {}], {
    options: 3,
  }),
  evaluateOn: call(evaluation.evaluateOn, () => [classifier, dataset(), {}], { options: 2 }),
  gaussianBlur: call(evaluation.gaussianBlur, () => [dataset(), 0.01]),
  gaussianNoise: corrupts(evaluation.gaussianNoise, 0.1),
  historyToCsv: call(evaluation.historyToCsv, () => [history()]),
  historyToJsonLines: call(evaluation.historyToJsonLines, () => [history()]),
  holmCorrection: call(evaluation.holmCorrection, () => [[0.01, 0.2]]),
  jpegLoss: call(evaluation.jpegLoss, () => [dataset(), 50]),
  logLoss: call(evaluation.logLoss, () => [actual(), probabilities()]),
  lowLight: corrupts(evaluation.lowLight, 0.5),
  macroAverage: call(evaluation.macroAverage, () => [perClass()]),
  matthewsCorrelation: call(evaluation.matthewsCorrelation, () => [confusion()]),
  mcnemarTest: call(evaluation.mcnemarTest, () => [3, 5]),
  normalizeConfusion: call(evaluation.normalizeConfusion, () => [confusion(), 'true']),
  occlusion: corrupts(evaluation.occlusion, 0.5),
  pairedBootstrap: call(evaluation.pairedBootstrap, () => [1, 2, 9, { resamples: 100 }], { options: 3 }),
  precisionRecallCurve: call(evaluation.precisionRecallCurve, () => [actual(), probabilities(), 0]),
  rankingCurves: call(evaluation.rankingCurves, () => [{ actual: actual(), classes, scores: probabilities() }, {}], {
    options: 1,
  }),
  robustness: call(evaluation.robustness, () => [classifier, dataset(), { strengths: [1] }], { options: 2 }),
  rocAuc: call(evaluation.rocAuc, () => [actual(), probabilities()]),
  rocCurve: call(evaluation.rocCurve, () => [actual(), probabilities(), 0]),
  rotation: corrupts(evaluation.rotation, 10),
  shift: corrupts(evaluation.shift, 0.1),
  smooth: call(evaluation.smooth, () => [[1, 2], 0.5]),
  topConfusions: call(evaluation.topConfusions, () => [confusion(), {}], { options: 1 }),
  topKAccuracy: call(evaluation.topKAccuracy, () => [actual(), probabilities(), 2]),
  weightedAverage: call(evaluation.weightedAverage, () => [perClass()]),
  wilsonInterval: call(evaluation.wilsonInterval, () => [3, 5, {}], { options: 2 }),
  worstMistakes: call(evaluation.worstMistakes, () => [answers(), { images: dataset() }], { options: 1 }),
};

function compared() {
  const { actual: truth, predicted } = predictions();
  return {
    actual: truth,
    classes,
    predictions: [
      { name: 'a', predicted },
      { name: 'b', predicted: truth },
    ],
  };
}

const NODE: Calls = {
  measureHead: call(
    node.measureHead,
    () => [
      svmHead(),
      { seed: 1, features: { train: features(), test: features() }, data: { train: dataset(), test: dataset() } },
    ],
    { options: 1 },
  ),
  renderPng: call(node.renderPng, () => [plots.confusionPlot(confusion()), { scale: 1 }], { options: 1 }),
  runExperiment: call(node.runExperiment, () => [experiment()], { options: 0 }),
  serveHeads: call(node.serveHeads, () => [[svmHead()]]),
  summarizeExperiment: call(node.summarizeExperiment, () => [cells()]),
};

/** What makes a specification, which is then drawn. */
function drawn(target: (...args: never[]) => plots.VegaLiteSpec, args: Call['args'], rest: Partial<Call> = {}): Call {
  const draw = (...given: readonly unknown[]) =>
    plots.renderSvg((target as (...args: readonly unknown[]) => plots.VegaLiteSpec)(...given));
  return call(draw as Call['call'], args, rest);
}

const PLOTS: Calls = {
  accuracyDomain: call(plots.accuracyDomain, () => [named(), [plots.FER2013_PEOPLE]]),
  accuracyPlot: drawn(plots.accuracyPlot, () => [named(), {}], { options: 1 }),
  classDistributionPlot: drawn(plots.classDistributionPlot, () => [classes, [counts()]]),
  classPiePlot: drawn(plots.classPiePlot, () => [classes, counts()]),
  confusionPlot: drawn(plots.confusionPlot, () => [confusion(), {}], { options: 1 }),
  errorRatePlot: drawn(plots.errorRatePlot, () => [named(), {}], { options: 1 }),
  featureMapPlot: drawn(plots.featureMapPlot, async () => [await map(), {}], { options: 1 }),
  mapFeatures: call(plots.mapFeatures, () => [features(), labels(), {}], { options: 2 }),
  mistakesPlot: drawn(plots.mistakesPlot, async () => [await mistakes(), {}], { options: 1 }),
  precisionRecallPlot: drawn(plots.precisionRecallPlot, () => [curves(), {}], { options: 1 }),
  principalComponents: call(plots.principalComponents, () => [features(), {}], { options: 1 }),
  reliabilityPlot: drawn(plots.reliabilityPlot, () => [named(), {}], { options: 1 }),
  renderSvg: call(plots.renderSvg, () => [plots.confusionPlot(confusion()), {}], { options: 1 }),
  robustnessPlot: drawn(plots.robustnessPlot, async () => [[{ name: 'a', robustness: await measured() }], {}], {
    options: 1,
  }),
  rocPlot: drawn(plots.rocPlot, () => [curves(), {}], { options: 1 }),
  showPlot: call(plots.showPlot, () => [{}, plots.confusionPlot(confusion())], { fails: 'UNSUPPORTED' }),
  trainingCurvePlot: drawn(plots.trainingCurvePlot, () => [history(), 'loss', {}], { options: 2 }),
};

const map = () => plots.mapFeatures(features(), labels());
const mistakes = () => evaluation.worstMistakes(answers(), { images: dataset() });

const REPORTS: Calls = {
  renderMarkdown: call(report.renderMarkdown, () => [REPORT], { options: 0 }),
  renderReport: call(report.renderReport, () => [REPORT, {}], { options: 1 }),
  reportJson: call(report.reportJson, () => [REPORT], { options: 0 }),
  reportSummary: call(report.reportSummary, () => [REPORT], { options: 0 }),
};

holdsPromises('fer-eval', evaluation, EVAL);
holdsPromises('fer-eval/node', node, NODE);
holdsPromises('fer-eval/plots', plots, PLOTS);
holdsPromises('fer-eval/report', report, REPORTS);
