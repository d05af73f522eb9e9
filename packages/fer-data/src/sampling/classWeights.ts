import { checkLabels, classCounts, FerError, type Labels } from 'fer-core';

/**
 * Weights that make every class count the same: n/(k·n_c) for class c of k, as scikit-learn's `balanced`. Their mean
 * over the rows is 1.
 *
 * @returns k numbers.
 * @throws FerError `INVALID_DATA` where a class has no rows, and so no weight.
 */
export function classWeights(labels: Labels): Float64Array {
  checkLabels(labels, labels.labels.length);
  const counts = classCounts(labels);
  const empty = counts.indexOf(0);
  if (empty >= 0) {
    throw new FerError('INVALID_DATA', `class "${labels.classes[empty]}" has no rows: leave it out by selectClasses.`);
  }
  return Float64Array.from(counts, (count) => labels.labels.length / (counts.length * count));
}
