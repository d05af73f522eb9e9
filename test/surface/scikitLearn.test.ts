import { readFileSync } from 'node:fs';
import * as evaluation from 'fer-eval';
import * as heads from 'fer-heads';
import { expect, it } from 'vitest';

const HEADS = 'packages/fer-heads/test/';
const METRICS = { file: 'packages/fer-eval/test/metrics/metrics.test.ts' };
const MEASURES = 'it asks classifiers, and measures by functions that are listed here';
const CORRUPTS = 'it changes images, which scikit-learn does not';
const STATISTICS = 'scikit-learn has no such test: SciPy is the reference, in statistics/uncertainty.test.ts';
const HISTORY = 'it writes or smooths a training history';

/** Where each function is compared with recorded values of scikit-learn, or why it is not. */
const COMPARED: Readonly<Record<string, { readonly file: string } | string>> = {
  calibrate: { file: `${HEADS}calibration/calibrate.test.ts` },
  calibrateCV: { file: `${HEADS}calibration/calibrateCV.test.ts` },
  crossValidate: { file: `${HEADS}selection/crossValidate.test.ts` },
  ensemble: 'a mean, or a count of votes, of classifiers that are listed here: ensemble.test.ts adds them up',
  gridSearch: 'it chooses by crossValidate and heads that are listed here',
  layerOf: 'it returns weights',
  linearL2SVM: { file: `${HEADS}linear/linearL2SVM.test.ts` },
  linearL2SVMFromLayer: 'it takes weights as they are',
  nystroem: { file: `${HEADS}rbf/nystroem.test.ts` },
  rbfSVM: { file: `${HEADS}rbf/rbfSVM.test.ts` },
  selectC: 'it chooses by crossValidate and heads that are listed here',
  softmax: { file: `${HEADS}linear/softmax.test.ts` },
  softmaxFromLayer: 'it takes weights as they are',
  accuracy: METRICS,
  averagePrecision: METRICS,
  balancedAccuracy: METRICS,
  bootstrapInterval: STATISTICS,
  calibration: METRICS,
  classMetrics: METRICS,
  classificationReport: METRICS,
  cohenKappa: METRICS,
  compare: STATISTICS,
  confusionMatrix: METRICS,
  evaluate: METRICS,
  evaluateClassifier: MEASURES,
  evaluateHead: MEASURES,
  evaluateOn: MEASURES,
  gaussianBlur: CORRUPTS,
  gaussianNoise: CORRUPTS,
  historyToCsv: HISTORY,
  historyToJsonLines: HISTORY,
  holmCorrection: STATISTICS,
  jpegLoss: CORRUPTS,
  logLoss: METRICS,
  lowLight: CORRUPTS,
  macroAverage: METRICS,
  matthewsCorrelation: METRICS,
  mcnemarTest: STATISTICS,
  normalizeConfusion: METRICS,
  occlusion: CORRUPTS,
  pairedBootstrap: STATISTICS,
  precisionRecallCurve: METRICS,
  rankingCurves: METRICS,
  robustness: MEASURES,
  rocAuc: METRICS,
  rocCurve: METRICS,
  rotation: CORRUPTS,
  shift: CORRUPTS,
  smooth: HISTORY,
  topConfusions: 'it sorts the cells of a confusion matrix',
  topKAccuracy: METRICS,
  weightedAverage: METRICS,
  wilsonInterval: STATISTICS,
  worstMistakes: 'it sorts rows by their scores',
};

const exported = Object.entries({ ...heads, ...evaluation }).flatMap(([name, value]) =>
  typeof value === 'function' ? [name] : [],
);

it('every head and metric is compared with scikit-learn, or says why not', () => {
  expect(exported.filter((name) => !(name in COMPARED))).toEqual([]);
  expect(Object.keys(COMPARED).filter((name) => !exported.includes(name))).toEqual([]);
});

const compared = Object.entries(COMPARED).flatMap(([name, how]) => (typeof how === 'string' ? [] : [[name, how.file]]));

it.each(compared)('%s, in %s', (name, file) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(text).toMatch(/scikit-learn/);
  // Fields of evaluate's result have the names of the functions, but for the averages'.
  const field = {
    macroAverage: 'macro',
    weightedAverage: 'weighted',
    classMetrics: 'perClass',
    cohenKappa: 'kappa',
    matthewsCorrelation: 'matthews',
  }[name];
  expect(text).toMatch(new RegExp(`\\b(${name}|${field ?? name})`, 'i'));
});
