import type { HeadLoader } from 'fer-core';
import { calibratedLoader } from './calibration/calibrate.js';
import { ensembleLoader } from './ensemble/ensemble.js';
import { linearL2SVMLoader } from './linear/linearL2SVM.js';
import { softmaxLoader } from './linear/softmax.js';
import { nystroemLoader } from './rbf/nystroem.js';
import { rbfSVMLoader } from './rbf/rbfSVM.js';

/** Every kind of head in this package, for `loadClassifier` and `loadHead`; and what is made of any classifiers. */
export const heads: readonly HeadLoader[] = [
  linearL2SVMLoader,
  softmaxLoader,
  rbfSVMLoader,
  nystroemLoader,
  calibratedLoader,
  ensembleLoader,
];
