import type { Head, PartLoader } from 'fer-core';
import { linearL2SVMLoader } from './linearL2SVM.js';
import { softmaxLoader } from './softmax.js';

/** Every kind of head in this package, for `loadClassifier` and `loadHead`. */
export const heads: readonly PartLoader<Head>[] = [linearL2SVMLoader, softmaxLoader];
