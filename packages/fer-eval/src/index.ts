/**
 * Metrics, confidence intervals and statistical tests of classifiers, without plots.
 *
 * @module fer-eval
 */
export * from './comparison/compare.js';
export type { ClassMapping } from './crossData/classMapping.js';
export * from './crossData/evaluateOn.js';
export {
  type ClassifierAnswers,
  type ClassifierEvaluation,
  evaluateClassifier,
  evaluateHead,
} from './evaluation/evaluateClassifier.js';
export * from './history/trainingLog.js';
export * from './metrics/agreement.js';
export {
  type Calibration,
  type CalibrationOptions,
  calibration,
  logLoss,
  type ReliabilityBin,
} from './metrics/calibration.js';
export * from './metrics/classificationReport.js';
export * from './metrics/classMetrics.js';
export { type ConfusionMatrix, confusionMatrix, type Normalization, normalizeConfusion } from './metrics/confusion.js';
export * from './metrics/evaluate.js';
export type { Predictions, ScoreMatrix } from './metrics/predictions.js';
export * from './metrics/ranking.js';
export * from './metrics/rankingCurves.js';
export * from './metrics/topConfusions.js';
export * from './mistakes/worstMistakes.js';
export * from './robustness/blur.js';
export type { Corruption } from './robustness/corruption.js';
export * from './robustness/corruptions.js';
export * from './robustness/geometry.js';
export * from './robustness/jpeg.js';
export * from './robustness/noise.js';
export * from './robustness/occlusion.js';
export * from './robustness/robustness.js';
export { type Bootstrap, type BootstrapOptions, bootstrapInterval } from './statistics/bootstrap.js';
export * from './statistics/holm.js';
export * from './statistics/mcnemar.js';
export * from './statistics/pairedBootstrap.js';
export { type ConfidenceOptions, type Interval, wilsonInterval } from './statistics/wilson.js';
