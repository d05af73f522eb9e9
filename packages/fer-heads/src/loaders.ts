import type { HeadLoader } from 'fer-core';
import { calibratedLoader } from './calibration/calibrate.js';
import { ensembleLoader } from './ensemble/ensemble.js';
import { linearL2SVMLoader } from './linear/linearL2SVM.js';
import { softmaxLoader } from './linear/softmax.js';
import { nystroemLoader } from './rbf/nystroem.js';
import { rbfSVMLoader } from './rbf/rbfSVM.js';

/**
 * Loaders of every kind of head in this package, and of ensembles and calibrated classifiers, for `loadClassifier` and
 * `loadHead`.
 *
 * @example
 * ```ts
 * const classifier = await loadClassifier(diskFolder('svm'), { backbones, heads: [...heads, myHeadLoader] });
 * ```
 */
export const heads: readonly HeadLoader[] = [
  linearL2SVMLoader,
  softmaxLoader,
  rbfSVMLoader,
  nystroemLoader,
  calibratedLoader,
  ensembleLoader,
];
