import { describeValue, FerError } from 'fer-core';
import { checkIndices, checkScoreMatrix, checkScores, type ScoreMatrix } from './predictions.js';

/** A receiver operating characteristic: points from (0, 0) to (1, 1), by decreasing threshold. */
export interface RocCurve {
  /** The fraction of the negatives with a score of at least the threshold. */
  readonly falsePositiveRate: number[];
  /** The fraction of the positives with a score of at least the threshold. */
  readonly truePositiveRate: number[];
  /** Decreasing thresholds. The first is infinite, which no score reaches. */
  readonly thresholds: number[];
}

/**
 * The fraction of rows whose class is among the k classes with the highest scores, 0..1. In a tie the class with the
 * lower index comes first, as in `predict`, so that top-1 accuracy equals the accuracy (scikit-learn prefers the higher
 * index).
 *
 * @param k - From 1 to the number of classes.
 * @throws FerError `INVALID_DATA` if there are no rows, a label is outside the classes, or a score is not finite;
 *   `INVALID_ARGUMENT` if `k` is out of range.
 *
 * @example
 * ```ts
 * const scores = { data: Float64Array.of(0.5, 0.3, 0.2, 0.6, 0.1, 0.3), rows: 2, columns: 3 };
 * topKAccuracy([1, 0], scores, 1); // 0.5
 * topKAccuracy([1, 0], scores, 2); // 1
 * ```
 */
export function topKAccuracy(actual: ArrayLike<number>, scores: ScoreMatrix, k: number): number {
  checkRanking(actual, scores);
  const { data, columns } = scores;
  if (!(Number.isInteger(k) && k >= 1 && k <= columns)) {
    throw new FerError('INVALID_ARGUMENT', `k is ${describeValue(k)}: it must be a whole number from 1 to ${columns}.`);
  }
  let hits = 0;
  for (let i = 0; i < actual.length; i++) {
    const own = data[i * columns + actual[i]];
    let ahead = 0;
    for (let j = 0; j < columns; j++) {
      const other = data[i * columns + j];
      if (other > own || (other === own && j < actual[i])) ahead++;
    }
    if (ahead < k) hits++;
  }
  return hits / actual.length;
}

/**
 * The one-vs-rest ROC curve of a class. Points on a straight line between their neighbours are left out, as in
 * scikit-learn; equal scores share a threshold.
 *
 * @returns `null` if the class never occurs, or all rows belong to it.
 * @throws FerError `INVALID_DATA` as {@link topKAccuracy}, `INVALID_ARGUMENT` if `classIndex` is out of range.
 *
 * @example
 * ```ts
 * const probabilities = { data: Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8), rows: 4, columns: 2 };
 * const { falsePositiveRate, truePositiveRate } = rocCurve([0, 0, 1, 1], probabilities, 1)!;
 * falsePositiveRate; // [ 0, 0, 0.5, 0.5, 1 ]
 * truePositiveRate; // [ 0, 0.5, 0.5, 1, 1 ]
 * ```
 */
export function rocCurve(actual: ArrayLike<number>, scores: ScoreMatrix, classIndex: number): RocCurve | null {
  checkRanking(actual, scores);
  checkClassIndex(classIndex, scores.columns);
  const { positives, negatives, thresholds, truePositives, falsePositives } = ranked(actual, scores, classIndex);
  if (positives === 0 || negatives === 0) return null;
  const curve: RocCurve = {
    falsePositiveRate: [0],
    truePositiveRate: [0],
    thresholds: [Number.POSITIVE_INFINITY],
  };
  for (let i = 0; i < thresholds.length; i++) {
    const straight =
      i > 0 &&
      i < thresholds.length - 1 &&
      truePositives[i + 1] - truePositives[i] === truePositives[i] - truePositives[i - 1] &&
      falsePositives[i + 1] - falsePositives[i] === falsePositives[i] - falsePositives[i - 1];
    if (straight) continue;
    curve.falsePositiveRate.push(falsePositives[i] / negatives);
    curve.truePositiveRate.push(truePositives[i] / positives);
    curve.thresholds.push(thresholds[i]);
  }
  return curve;
}

/**
 * Area under the one-vs-rest ROC curve of each class, 0..1: the probability that a random row of the class has a higher
 * score than a random row of another class, with ties counting half. `null` for a class that never occurs, or that all
 * rows belong to.
 *
 * @throws FerError `INVALID_DATA` as {@link topKAccuracy}.
 *
 * @example
 * ```ts
 * const probabilities = { data: Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8), rows: 4, columns: 2 };
 * rocAuc([0, 0, 1, 1], probabilities); // [ 0.75, 0.75 ]
 * ```
 */
export function rocAuc(actual: ArrayLike<number>, scores: ScoreMatrix): (number | null)[] {
  checkRanking(actual, scores);
  return Array.from({ length: scores.columns }, (_, j) => {
    const { positives, negatives, truePositives, falsePositives } = ranked(actual, scores, j);
    if (positives === 0 || negatives === 0) return null;
    let twice = 0; // whole numbers until the end: exact below 2⁵³
    for (let i = 0; i < truePositives.length; i++) {
      const [tp, fp] = i === 0 ? [0, 0] : [truePositives[i - 1], falsePositives[i - 1]];
      twice += (falsePositives[i] - fp) * (truePositives[i] + tp);
    }
    return twice / (2 * positives * negatives);
  });
}

/**
 * One-vs-rest average precision of each class, Σ (Rₙ − Rₙ₋₁) Pₙ over the thresholds, 0..1. `null` for a class that
 * never occurs.
 *
 * @throws FerError `INVALID_DATA` as {@link topKAccuracy}.
 *
 * @example
 * ```ts
 * const probabilities = { data: Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8), rows: 4, columns: 2 };
 * averagePrecision([0, 0, 1, 1], probabilities); // [ 0.8333…, 0.8333… ]
 * ```
 */
export function averagePrecision(actual: ArrayLike<number>, scores: ScoreMatrix): (number | null)[] {
  checkRanking(actual, scores);
  return Array.from({ length: scores.columns }, (_, j) => {
    const { positives, truePositives, falsePositives } = ranked(actual, scores, j);
    if (positives === 0) return null;
    let area = 0;
    for (let i = 0; i < truePositives.length; i++) {
      const gained = truePositives[i] - (i === 0 ? 0 : truePositives[i - 1]);
      area += (gained * truePositives[i]) / (truePositives[i] + falsePositives[i]);
    }
    return area / positives;
  });
}

/** Precision against recall, by decreasing threshold. */
export interface PrecisionRecallCurve {
  /** The fraction of the rows with a score of at least the threshold that belong to the class. */
  readonly precision: number[];
  /** The fraction of the rows of the class with a score of at least the threshold. */
  readonly recall: number[];
  /** Decreasing thresholds. The first is infinite, with precision 1 and recall 0. */
  readonly thresholds: number[];
}

/**
 * The one-vs-rest precision-recall curve of a class, as in scikit-learn, but by decreasing threshold.
 *
 * @returns `null` if the class never occurs.
 * @throws FerError `INVALID_DATA` as {@link topKAccuracy}, `INVALID_ARGUMENT` if `classIndex` is out of range.
 *
 * @example
 * ```ts
 * const probabilities = { data: Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8), rows: 4, columns: 2 };
 * const { precision, recall } = precisionRecallCurve([0, 0, 1, 1], probabilities, 1)!;
 * precision; // [ 1, 1, 0.5, 0.6666…, 0.5 ]
 * recall; // [ 0, 0.5, 0.5, 1, 1 ]
 * ```
 */
export function precisionRecallCurve(
  actual: ArrayLike<number>,
  scores: ScoreMatrix,
  classIndex: number,
): PrecisionRecallCurve | null {
  checkRanking(actual, scores);
  checkClassIndex(classIndex, scores.columns);
  const { positives, thresholds, truePositives, falsePositives } = ranked(actual, scores, classIndex);
  if (positives === 0) return null;
  return {
    precision: [1, ...truePositives.map((tp, i) => tp / (tp + falsePositives[i]))],
    recall: [0, ...truePositives.map((tp) => tp / positives)],
    thresholds: [Number.POSITIVE_INFINITY, ...thresholds],
  };
}

/** Counts the rows with a score of at least each distinct score of a class, in descending order. */
function ranked(actual: ArrayLike<number>, { data, columns }: ScoreMatrix, classIndex: number) {
  const n = actual.length;
  const own = Float64Array.from({ length: n }, (_, i) => data[i * columns + classIndex]);
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => own[b] - own[a]);
  const thresholds: number[] = [];
  const truePositives: number[] = [];
  const falsePositives: number[] = [];
  let tp = 0;
  for (let i = 0; i < n; i++) {
    if (actual[order[i]] === classIndex) tp++;
    if (i + 1 < n && own[order[i + 1]] === own[order[i]]) continue;
    thresholds.push(own[order[i]]);
    truePositives.push(tp);
    falsePositives.push(i + 1 - tp);
  }
  return { positives: tp, negatives: n - tp, thresholds, truePositives, falsePositives };
}

function checkClassIndex(classIndex: number, k: number): void {
  if (Number.isInteger(classIndex) && classIndex >= 0 && classIndex < k) return;
  throw new FerError('INVALID_ARGUMENT', `class ${describeValue(classIndex)}: give an index in 0..${k - 1}.`);
}

function checkRanking(actual: ArrayLike<number>, scores: ScoreMatrix): void {
  checkScoreMatrix(scores);
  checkIndices(actual, scores.columns, 'actual');
  checkScores(scores, actual.length, scores.columns);
}
