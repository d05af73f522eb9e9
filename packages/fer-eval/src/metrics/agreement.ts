import { type ConfusionMatrix, checkCounted, columnSums, correctCount, rowSums, sum } from './confusion.js';

/**
 * The fraction that is correct, 0..1.
 *
 * @throws FerError `INVALID_DATA` for anything but a confusion matrix, or one without rows.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * accuracy(matrix); // 0.75
 * ```
 */
export function accuracy(matrix: ConfusionMatrix): number {
  checkCounted(matrix);
  const { counts } = matrix;
  return correctCount(counts) / sum(rowSums(counts));
}

/**
 * The mean recall of the classes that occur, 0..1: accuracy as if all classes were equally frequent.
 *
 * @throws FerError `INVALID_DATA` for anything but a confusion matrix, or one without rows.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * balancedAccuracy(matrix); // 0.8333…: the mean of 2/3 and 1
 * ```
 */
export function balancedAccuracy(matrix: ConfusionMatrix): number {
  checkCounted(matrix);
  const { counts } = matrix;
  const support = rowSums(counts);
  const recalls = counts.map((row, i) => row[i] / support[i]).filter((_, i) => support[i] > 0);
  return sum(recalls) / recalls.length;
}

/**
 * Cohen's kappa: agreement beyond chance, (p₀ − pₑ) / (1 − pₑ), −1..1 (Cohen 1960). If truth and predictions all are
 * the same class, the ratio is 0/0 and this function returns 0 (scikit-learn: NaN).
 *
 * @throws FerError `INVALID_DATA` for anything but a confusion matrix, or one without rows.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * cohenKappa(matrix); // 0.5
 * ```
 */
export function cohenKappa(matrix: ConfusionMatrix): number {
  checkCounted(matrix);
  const { counts } = matrix;
  const actual = rowSums(counts);
  const predicted = columnSums(counts);
  const n = sum(actual);
  const byChance = sum(actual.map((rows, i) => rows * predicted[i])) / n;
  return byChance === n ? 0 : (correctCount(counts) - byChance) / (n - byChance);
}

/**
 * Matthews correlation coefficient for k classes, −1..1 (Gorodkin 2004). 0 if truth or predictions contain only one
 * class, as in scikit-learn.
 *
 * @throws FerError `INVALID_DATA` for anything but a confusion matrix, or one without rows.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * matthewsCorrelation(matrix); // 0.5773…
 * ```
 */
export function matthewsCorrelation(matrix: ConfusionMatrix): number {
  checkCounted(matrix);
  const { counts } = matrix;
  const actual = rowSums(counts);
  const predicted = columnSums(counts);
  const n = sum(actual);
  const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((value, i) => value * b[i]));
  const covariance = correctCount(counts) * n - dot(actual, predicted);
  const spread = (n * n - dot(actual, actual)) * (n * n - dot(predicted, predicted));
  return spread === 0 ? 0 : covariance / Math.sqrt(spread);
}
