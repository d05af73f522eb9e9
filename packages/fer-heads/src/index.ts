/**
 * Classifiers of features: softmax, linear and RBF support vector machines, calibration, ensembles and model selection.
 *
 * @module fer-heads
 */
export {
  type CalibratedClassifier,
  type CalibrateOptions,
  type CalibrationFitResult,
  calibrate,
  calibratedLoader,
} from './calibration/calibrate.js';
export { type CalibrateCVOptions, calibrateCV } from './calibration/calibrateCV.js';
export type { CalibrationMethod } from './calibration/calibration.js';
export * from './ensemble/ensemble.js';
export { layerOf } from './linear/layerOf.js';
export type { LinearHead } from './linear/linearHead.js';
export * from './linear/linearL2SVM.js';
export type { LinearFitOptions, LinearFitResult, LinearHeadOptions } from './linear/options.js';
export * from './linear/softmax.js';
export * from './loaders.js';
export { type NystroemOptions, nystroem, nystroemLoader } from './rbf/nystroem.js';
export type { Gamma } from './rbf/rbfKernel.js';
export type { RbfSVMOptions } from './rbf/rbfOptions.js';
export { type RbfFitResult, type RbfSVM, rbfSVM, rbfSVMLoader } from './rbf/rbfSVM.js';
export type { LabelledFeatures, ReadChunks } from './rows/reading.js';
export type { ClassWeight } from './rows/targets.js';
export * from './selection/crossValidate.js';
export type { Folds } from './selection/folds.js';
export * from './selection/gridSearch.js';
export type { Scores, Scoring, ScoringFunction } from './selection/scoring.js';
export { type ScoreOfC, type SelectCOptions, type SelectedC, selectC } from './selection/selectC.js';
export type { LabelledRows, MeasureOptions } from './selection/validation.js';
