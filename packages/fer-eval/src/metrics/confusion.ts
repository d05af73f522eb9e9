import { checkChoice, checkClassNames, describeValue, FerError } from 'fer-core';
import { checkPredictions, type Predictions } from './predictions.js';

/** Counts of actual and predicted classes, as plain JSON. */
export interface ConfusionMatrix {
  /** The k class names, in the order of the rows and of the columns. */
  readonly classes: readonly string[];
  /** k × k counts: `counts[actual][predicted]`. Rows are the truth, columns the predictions, as in scikit-learn. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * Computes a confusion matrix: rows = actual, columns = predicted.
 *
 * @throws FerError `INVALID_DATA` if lengths differ, there are no rows, or a label is outside the classes.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * matrix.counts; // [ [ 2, 1 ], [ 0, 1 ] ]
 * ```
 */
export function confusionMatrix(predictions: Predictions): ConfusionMatrix {
  checkPredictions(predictions);
  const { actual, predicted, classes } = predictions;
  const counts = classes.map(() => new Array<number>(classes.length).fill(0));
  for (let i = 0; i < actual.length; i++) counts[actual[i]][predicted[i]]++;
  return { classes: [...classes], counts };
}

/**
 * Checks a confusion matrix: k classes, and k × k counts, which are numbers from 0 to 2⁵³ − 1.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkConfusion(matrix: ConfusionMatrix): void {
  const isObject = typeof matrix === 'object' && matrix !== null;
  if (!isObject || !Array.isArray(matrix.counts) || ![...matrix.counts].every(Array.isArray)) {
    throw new FerError(
      'INVALID_DATA',
      `the confusion matrix is ${describeValue(matrix)}: give { classes, counts }, as confusionMatrix returns it.`,
    );
  }
  checkClassNames(matrix.classes);
  const k = matrix.classes.length;
  if (matrix.counts.length !== k || !matrix.counts.every((row) => row.length === k)) {
    throw new FerError(
      'INVALID_DATA',
      `the counts of ${k} classes are not ${k}×${k}: give one row and column per class.`,
    );
  }
  const counts = matrix.counts.flatMap((row): readonly unknown[] => [...row]); // `flat` skips holes
  const bad = counts.findIndex(
    (count) => !(typeof count === 'number' && count >= 0 && count <= Number.MAX_SAFE_INTEGER),
  );
  if (bad < 0) return;
  throw new FerError(
    'INVALID_DATA',
    `the count in row ${Math.floor(bad / k) + 1}, column ${(bad % k) + 1} is ${describeValue(counts[bad])}: it must be a number from 0.`,
  );
}

/**
 * What the cells of a normalised confusion matrix are fractions of: the actual class (row), the predicted class
 * (column) or all rows.
 */
export type Normalization = 'true' | 'pred' | 'all';

/**
 * Returns a confusion matrix as fractions of the actual class (`true`: rows sum to 1), of the predicted class (`pred`:
 * columns sum to 1) or of all rows. A class that never occurs gives zeros, as in scikit-learn.
 *
 * @returns k × k numbers in 0..1.
 * @throws FerError `INVALID_DATA` for anything but a confusion matrix, `INVALID_ARGUMENT` for another `by`.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * normalizeConfusion(matrix, 'true'); // [ [ 0.6666…, 0.3333… ], [ 0, 1 ] ]
 * ```
 */
export function normalizeConfusion(matrix: ConfusionMatrix, by: Normalization): number[][] {
  checkConfusion(matrix);
  checkChoice('by', by, ['true', 'pred', 'all']);
  const { counts } = matrix;
  const rows = rowSums(counts);
  const columns = columnSums(counts);
  const all = sum(rows);
  return counts.map((row, i) =>
    row.map((count, j) => {
      const whole = by === 'true' ? rows[i] : by === 'pred' ? columns[j] : all;
      return whole === 0 ? 0 : count / whole;
    }),
  );
}

/**
 * Checks as {@link checkConfusion}, and that there are rows.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkCounted(matrix: ConfusionMatrix): void {
  checkConfusion(matrix);
  if (sum(rowSums(matrix.counts)) > 0) return;
  throw new FerError('INVALID_DATA', 'the confusion matrix has no rows: metrics need one.');
}

/** Number of rows of each actual class. */
export function rowSums(counts: ConfusionMatrix['counts']): number[] {
  return counts.map(sum);
}

/** Number of rows of each predicted class. */
export function columnSums(counts: ConfusionMatrix['counts']): number[] {
  return counts.map((_, j) => sum(counts.map((row) => row[j])));
}

/** Number of correct rows: the sum of the diagonal. */
export function correctCount(counts: ConfusionMatrix['counts']): number {
  return sum(counts.map((row, i) => row[i]));
}

/** The sum of some numbers. */
export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
