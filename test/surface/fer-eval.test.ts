import * as evaluation from 'fer-eval';
import { type Calls, call } from './call.js';
import { labels } from './fixtures.js';
import { holdsPromises } from './properties.js';

const actual = () => Array.from(labels().labels);
const { classes } = labels();
const predictions = () => ({ actual: actual(), predicted: actual().map((label, i) => (i % 4 ? label : 0)), classes });
const confusion = () => evaluation.confusionMatrix(predictions());
const perClass = () => evaluation.classMetrics(confusion());

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

/** Functions whose options are tried in fer-eval's own tests, and whose other arguments are not tried yet. */
const ELSEWHERE = "its options are tried in fer-eval's options.test.ts";

const EVAL: Calls = {
  accuracy: call(evaluation.accuracy, () => [confusion()]),
  averagePrecision: call(evaluation.averagePrecision, () => [actual(), probabilities()]),
  balancedAccuracy: call(evaluation.balancedAccuracy, () => [confusion()]),
  bootstrapInterval: ELSEWHERE,
  calibration: call(evaluation.calibration, () => [actual(), probabilities(), {}], { options: 2 }),
  classMetrics: call(evaluation.classMetrics, () => [confusion(), {}], { options: 1 }),
  classificationReport: call(evaluation.classificationReport, () => [confusion(), {}], { options: 1 }),
  cohenKappa: call(evaluation.cohenKappa, () => [confusion()]),
  compare: ELSEWHERE,
  confusionMatrix: call(evaluation.confusionMatrix, () => [predictions()]),
  evaluate: call(evaluation.evaluate, () => [{ ...predictions(), probabilities: probabilities() }, {}], { options: 1 }),
  evaluateClassifier: ELSEWHERE,
  evaluateHead: ELSEWHERE,
  evaluateOn: ELSEWHERE,
  gaussianBlur: ELSEWHERE,
  gaussianNoise: ELSEWHERE,
  historyToCsv: ELSEWHERE,
  historyToJsonLines: ELSEWHERE,
  holmCorrection: call(evaluation.holmCorrection, () => [[0.01, 0.2]]),
  jpegLoss: ELSEWHERE,
  logLoss: call(evaluation.logLoss, () => [actual(), probabilities()]),
  lowLight: ELSEWHERE,
  macroAverage: call(evaluation.macroAverage, () => [perClass()]),
  matthewsCorrelation: call(evaluation.matthewsCorrelation, () => [confusion()]),
  mcnemarTest: call(evaluation.mcnemarTest, () => [3, 5]),
  normalizeConfusion: call(evaluation.normalizeConfusion, () => [confusion(), 'true']),
  occlusion: ELSEWHERE,
  pairedBootstrap: ELSEWHERE,
  precisionRecallCurve: call(evaluation.precisionRecallCurve, () => [actual(), probabilities(), 0]),
  rankingCurves: ELSEWHERE,
  robustness: ELSEWHERE,
  rocAuc: call(evaluation.rocAuc, () => [actual(), probabilities()]),
  rocCurve: call(evaluation.rocCurve, () => [actual(), probabilities(), 0]),
  rotation: ELSEWHERE,
  shift: ELSEWHERE,
  smooth: ELSEWHERE,
  topConfusions: call(evaluation.topConfusions, () => [confusion(), {}], { options: 1 }),
  topKAccuracy: call(evaluation.topKAccuracy, () => [actual(), probabilities(), 2]),
  weightedAverage: call(evaluation.weightedAverage, () => [perClass()]),
  wilsonInterval: call(evaluation.wilsonInterval, () => [3, 5, {}], { options: 2 }),
  worstMistakes: ELSEWHERE,
};

holdsPromises('fer-eval', evaluation, EVAL);
