export * from './agreement.js';
export * from './calibration.js';
export * from './classificationReport.js';
export * from './classMetrics.js';
export { type ConfusionMatrix, confusionMatrix, type Normalization, normalizeConfusion } from './confusion.js';
export * from './evaluate.js';
export type { Predictions, ScoreMatrix } from './predictions.js';
export * from './ranking.js';
export { type ConfidenceOptions, type Interval, wilsonInterval } from './wilson.js';
