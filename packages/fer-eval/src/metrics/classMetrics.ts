import { checkOptions, describeValue, FerError } from 'fer-core';
import { type ConfusionMatrix, checkConfusion, columnSums, rowSums, sum } from './confusion.js';

/** Precision, recall and F1: each 0..1. */
export interface PrecisionRecall {
  /** The fraction of the rows predicted as the class that belong to it. */
  readonly precision: number;
  /** The fraction of the rows of the class that were predicted as such. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
}

/** The metrics of one class. */
export interface ClassMetrics extends PrecisionRecall {
  readonly name: string;
  /** Number of rows of the class. */
  readonly support: number;
  /** Number of rows predicted as the class. */
  readonly predicted: number;
  /** The fraction of the rows of the class predicted as another: 1 − recall; `null` for a class without rows. */
  readonly errorRate: number | null;
}

/** Options for ratios that are 0/0. */
export interface ZeroDivisionOptions {
  /**
   * The precision of a class that is never predicted, the recall of a class that never occurs, and the F1 of a class
   * that is neither predicted nor occurs.
   *
   * @default 0
   */
  readonly zeroDivision?: 0 | 1 | undefined;
}

/**
 * Precision, recall, F1, support and error rate of each class, in class order. 0/0 gives `zeroDivision`.
 * (scikit-learn's `precision_recall_fscore_support` with `labels=range(k)`.)
 *
 * @throws FerError `INVALID_DATA` for anything but a confusion matrix, `INVALID_ARGUMENT` for another `zeroDivision`.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * for (const { precision, support, errorRate } of classMetrics(matrix)) console.log(precision, support, errorRate);
 * // 1 3 0.3333333333333333, then 0.5 1 0
 * ```
 */
export function classMetrics(matrix: ConfusionMatrix, options: ZeroDivisionOptions = {}): ClassMetrics[] {
  checkOptions('classMetrics', options, ['zeroDivision']);
  checkConfusion(matrix);
  const { classes, counts } = matrix;
  const { zeroDivision = 0 } = options;
  if (zeroDivision !== 0 && zeroDivision !== 1) {
    throw new FerError('INVALID_ARGUMENT', `zeroDivision is ${describeValue(zeroDivision)}: it must be 0 or 1.`);
  }
  const support = rowSums(counts);
  const predicted = columnSums(counts);
  return classes.map((name, i) => {
    const hits = counts[i][i];
    const precision = predicted[i] === 0 ? zeroDivision : hits / predicted[i];
    const recall = support[i] === 0 ? zeroDivision : hits / support[i];
    const never = support[i] === 0 && predicted[i] === 0;
    // Computing F1 from the three counts rounds once less than from precision and recall.
    const f1 = never ? zeroDivision : (2 * hits) / (support[i] + predicted[i]);
    const errorRate = support[i] === 0 ? null : (support[i] - hits) / support[i];
    return { name, precision, recall, f1, support: support[i], predicted: predicted[i], errorRate };
  });
}

/**
 * Unweighted mean over the classes. Classes that never occur are included with `zeroDivision`.
 *
 * @throws FerError `INVALID_DATA` for anything but metrics of at least one class.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * macroAverage(classMetrics(matrix)).f1; // 0.7333…: the mean of 0.8 and 0.6666…
 * ```
 */
export function macroAverage(metrics: readonly ClassMetrics[]): PrecisionRecall {
  checkMetrics(metrics);
  return average(
    metrics,
    metrics.map(() => 1),
  );
}

/**
 * Mean over the classes, weighted by support.
 *
 * @throws FerError `INVALID_DATA` for anything but metrics of at least one class, or if no class has rows.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * weightedAverage(classMetrics(matrix)).f1; // 0.7666…: three rows of 0.8, one of 0.6666…
 * ```
 */
export function weightedAverage(metrics: readonly ClassMetrics[]): PrecisionRecall {
  checkMetrics(metrics);
  return average(
    metrics,
    metrics.map(({ support }) => support),
  );
}

function checkMetrics(metrics: readonly ClassMetrics[]): void {
  const advice = 'give what classMetrics returned';
  if (!Array.isArray(metrics) || metrics.length === 0) {
    const given = Array.isArray(metrics) ? 'an empty array' : describeValue(metrics);
    throw new FerError('INVALID_DATA', `the metrics are ${given}: ${advice}.`);
  }
  for (const [i, each] of metrics.entries()) {
    for (const key of ['precision', 'recall', 'f1', 'support'] as const) {
      const value: unknown = each?.[key];
      if (typeof value === 'number' && value >= 0 && value <= (key === 'support' ? Number.MAX_VALUE : 1)) continue;
      throw new FerError('INVALID_DATA', `the ${key} of class ${i + 1} is ${describeValue(value)}: ${advice}.`);
    }
  }
}

function average(metrics: readonly ClassMetrics[], weights: readonly number[]): PrecisionRecall {
  const total = sum(weights);
  if (total === 0) throw new FerError('INVALID_DATA', 'no class has rows: metrics need at least one row.');
  const mean = (key: keyof PrecisionRecall) => sum(metrics.map((m, i) => weights[i] * m[key])) / total;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}
