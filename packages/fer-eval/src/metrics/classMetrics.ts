import { checkOptions, describeValue, FerError } from 'fer-core';
import { type ConfusionMatrix, checkConfusion, columnSums, rowSums, sum } from './confusion.js';

/** Precision, recall and F1: each 0..1. */
export interface PrecisionRecall {
  /** Of what was predicted as the class, the fraction that is it. */
  readonly precision: number;
  /** Of what is the class, the fraction that was predicted so. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
}

/** How one class did. */
export interface ClassMetrics extends PrecisionRecall {
  readonly name: string;
  /** Rows that are of the class. */
  readonly support: number;
  /** Rows that were predicted to be of it. */
  readonly predicted: number;
  /** Of the rows of the class, the fraction predicted as another: 1 − recall; `null` for a class without rows. */
  readonly errorRate: number | null;
}

/** What to give where a ratio is 0/0. */
export interface ZeroDivisionOptions {
  /**
   * The precision of a class never predicted, the recall of one that never occurs, the F1 of one that is neither.
   *
   * @default 0
   */
  readonly zeroDivision?: 0 | 1 | undefined;
}

/**
 * Precision, recall, F1, support and error rate of each class, in class order. 0/0 gives `zeroDivision`.
 * (scikit-learn's `precision_recall_fscore_support` with `labels=range(k)`.)
 */
export function classMetrics(matrix: ConfusionMatrix, options: ZeroDivisionOptions = {}): ClassMetrics[] {
  checkOptions('classMetrics', options, ['zeroDivision']);
  checkConfusion(matrix);
  const { classes, counts } = matrix;
  const { zeroDivision = 0 } = options;
  const support = rowSums(counts);
  const predicted = columnSums(counts);
  return classes.map((name, i) => {
    const hits = counts[i][i];
    const precision = predicted[i] === 0 ? zeroDivision : hits / predicted[i];
    const recall = support[i] === 0 ? zeroDivision : hits / support[i];
    const never = support[i] === 0 && predicted[i] === 0;
    // From the three counts, F1 has one rounding less than from precision and recall.
    const f1 = never ? zeroDivision : (2 * hits) / (support[i] + predicted[i]);
    const errorRate = support[i] === 0 ? null : (support[i] - hits) / support[i];
    return { name, precision, recall, f1, support: support[i], predicted: predicted[i], errorRate };
  });
}

/** Mean over the classes, each counting the same: also those that never occur, which give `zeroDivision`. */
export function macroAverage(metrics: readonly ClassMetrics[]): PrecisionRecall {
  checkMetrics(metrics);
  return average(
    metrics,
    metrics.map(() => 1),
  );
}

/** Mean over the classes, each counting by its support. */
export function weightedAverage(metrics: readonly ClassMetrics[]): PrecisionRecall {
  checkMetrics(metrics);
  return average(
    metrics,
    metrics.map(({ support }) => support),
  );
}

function checkMetrics(metrics: unknown): void {
  const given = Array.isArray(metrics) && metrics.every((each) => typeof each === 'object' && each !== null);
  if (given) return;
  throw new FerError('INVALID_DATA', `the metrics are ${describeValue(metrics)}: give what classMetrics returned.`);
}

function average(metrics: readonly ClassMetrics[], weights: readonly number[]): PrecisionRecall {
  const total = sum(weights);
  const mean = (key: keyof PrecisionRecall) => sum(metrics.map((m, i) => weights[i] * m[key])) / total;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}
