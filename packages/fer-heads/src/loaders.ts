import type { HeadLoader } from 'fer-core';
import { calibratedLoader } from './calibrate.js';
import { ensembleLoader } from './ensemble.js';
import { linearL2SVMLoader } from './linearL2SVM.js';
import { nystroemLoader } from './nystroem.js';
import { rbfSVMLoader } from './rbfSVM.js';
import { softmaxLoader } from './softmax.js';

/** Every kind of head in this package, for `loadClassifier` and `loadHead`; and what is made of any classifiers. */
export const heads: readonly HeadLoader[] = [
  linearL2SVMLoader,
  softmaxLoader,
  rbfSVMLoader,
  nystroemLoader,
  calibratedLoader,
  ensembleLoader,
];
