import { checkArray, checkOptions, describeValue, FerError } from 'fer-core';
import { checkIndices, checkProbabilities, checkScoreMatrix, type ScoreMatrix } from './predictions.js';

/** One bin of a reliability curve: the rows whose confidence lies in (from, to]. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  /** Rows in the bin. */
  readonly count: number;
  /** Mean probability of the predicted class; `null` in an empty bin. */
  readonly confidence: number | null;
  /** Fraction that is correct; `null` in an empty bin. */
  readonly accuracy: number | null;
}

/** How well confidences match accuracies. */
export interface Calibration {
  /**
   * Expected calibration error: the mean of |accuracy − confidence| over bins, weighted by their rows, 0..1 (Guo et al.
   * 2017).
   */
  readonly expectedError: number;
  /** The largest |accuracy − confidence| of a bin, 0..1. */
  readonly maximumError: number;
  readonly bins: readonly ReliabilityBin[];
}

/** Options of {@link calibration}. */
export interface CalibrationOptions {
  /**
   * Number of bins of equal width, from 1 to 1,000.
   *
   * @default 15
   */
  readonly bins?: number | undefined;
}

/** @throws FerError `INVALID_ARGUMENT` for anything but a whole number from 1 to 1,000. */
export function checkBins(bins: unknown): void {
  if (Number.isInteger(bins) && (bins as number) >= 1 && (bins as number) <= 1000) return;
  throw new FerError('INVALID_ARGUMENT', `bins is ${describeValue(bins)}: it must be a whole number from 1 to 1,000.`);
}

/**
 * Cross-entropy: the mean of −ln(probability of the actual class), in nats. As in scikit-learn, probabilities are
 * clipped to ε..1−ε with ε = 2⁻⁵², and each row is then divided by its sum. So a certain but wrong prediction costs
 * about 36 instead of infinity.
 *
 * @throws FerError `INVALID_DATA` if probabilities are not finite, outside 0..1, or do not sum to 1.
 *
 * @example
 * ```ts
 * const probabilities = { data: Float64Array.of(0.9, 0.1, 0.2, 0.8), rows: 2, columns: 2 };
 * logLoss([0, 1], probabilities); // 0.1642…
 * ```
 */
export function logLoss(actual: ArrayLike<number>, probabilities: ScoreMatrix): number {
  checkScoreMatrix(probabilities, 'probabilities');
  checkArray('the actual labels', actual);
  const { data, columns } = probabilities;
  checkIndices(actual, columns, 'actual');
  checkProbabilities(probabilities, actual.length, columns);
  const clip = (p: number) => Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p));
  let total = 0;
  for (let i = 0; i < actual.length; i++) {
    let rowSum = 0;
    for (let j = 0; j < columns; j++) rowSum += clip(data[i * columns + j]);
    total -= Math.log(clip(data[i * columns + actual[i]]) / rowSum);
  }
  return total / actual.length;
}

/**
 * Expected calibration error and reliability curve of the predicted class (the most probable one; the first in a tie),
 * over bins of equal width that each include their upper edge.
 *
 * @throws FerError `INVALID_DATA` as {@link logLoss}; `INVALID_ARGUMENT` if the number of bins is out of range.
 *
 * @example
 * ```ts
 * const probabilities = await head.predictProba(testFeatures);
 * const { expectedError, bins } = calibration(test.labels, probabilities, { bins: 10 });
 * for (const { confidence, accuracy, count } of bins) console.log(confidence, accuracy, count);
 * ```
 */
export function calibration(
  actual: ArrayLike<number>,
  probabilities: ScoreMatrix,
  options: CalibrationOptions = {},
): Calibration {
  checkOptions('calibration', options, ['bins']);
  const { bins = 15 } = options;
  checkScoreMatrix(probabilities, 'probabilities');
  checkArray('the actual labels', actual);
  const { data, columns } = probabilities;
  checkBins(bins);
  checkIndices(actual, columns, 'actual');
  checkProbabilities(probabilities, actual.length, columns);
  const count = new Float64Array(bins);
  const confidence = new Float64Array(bins);
  const hits = new Float64Array(bins);
  for (let i = 0; i < actual.length; i++) {
    let top = 0;
    for (let j = 1; j < columns; j++) if (data[i * columns + j] > data[i * columns + top]) top = j;
    const p = data[i * columns + top];
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1));
    count[bin]++;
    confidence[bin] += p;
    if (top === actual[i]) hits[bin]++;
  }
  let expectedError = 0;
  let maximumError = 0;
  for (let b = 0; b < bins; b++) {
    const gap = Math.abs(hits[b] - confidence[b]);
    expectedError += gap / actual.length;
    if (count[b] > 0) maximumError = Math.max(maximumError, gap / count[b]);
  }
  return {
    expectedError,
    maximumError,
    bins: Array.from(count, (rows, b) => ({
      from: b / bins,
      to: (b + 1) / bins,
      count: rows,
      confidence: rows === 0 ? null : confidence[b] / rows,
      accuracy: rows === 0 ? null : hits[b] / rows,
    })),
  };
}
