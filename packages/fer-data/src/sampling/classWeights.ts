import { checkLabels, FerError, type Labels } from 'fer-core';
import { softLabels } from './softLabels.js';

/**
 * Weights that make every class count the same in a loss: n/(k·n_c) for class c of k, as scikit-learn's `balanced`. Soft
 * labels count by their shares: n_c is then the sum of the shares of class c. The mean weight of the rows is 1.
 *
 * @returns k numbers, in the order of the classes.
 * @throws FerError `INVALID_DATA` if a class has no rows, and so no weight.
 *
 * @example
 * ```ts
 * await backbone.fit(train, { classWeight: classWeights(train) });
 * ```
 */
export function classWeights(labels: Labels): Float64Array {
  checkLabels(labels, labels?.labels?.length);
  const { classes } = labels;
  const n = labels.labels.length;
  const k = classes.length;
  const counts = new Float64Array(k);
  softLabels(labels).forEach((share, i) => {
    counts[i % k] += share;
  });
  const empty = counts.indexOf(0);
  if (empty >= 0) {
    throw new FerError('INVALID_DATA', `class "${classes[empty]}" has no rows: leave it out (selectClasses).`);
  }
  return counts.map((count) => n / (k * count));
}
