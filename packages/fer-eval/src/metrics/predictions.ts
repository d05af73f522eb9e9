import { checkArray, checkClassNames, describeValue, FerError } from 'fer-core';

/** Predictions of a classifier for n rows, with the truth. */
export interface Predictions {
  /** n class indices: the truth. */
  readonly actual: ArrayLike<number>;
  /** n class indices: the predictions. */
  readonly predicted: ArrayLike<number>;
  /** The k class names, in the order of their indices. */
  readonly classes: readonly string[];
}

/** n × k numbers, row-major: fer-core's `FeatureMatrix`, or the same in double precision. */
export interface ScoreMatrix {
  readonly data: Float32Array | Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * How much the sum of a row of probabilities may differ from 1. Single precision over 256 classes stays well within
 * this.
 */
export const PROBABILITY_TOLERANCE = 1e-4;

/**
 * Checks predictions: there must be at least one, as many as true labels, and every index must be a valid class.
 *
 * @throws FerError `INVALID_DATA`, naming the first bad row.
 */
export function checkPredictions(predictions: Predictions): void {
  if (typeof predictions !== 'object' || predictions === null) {
    throw new FerError(
      'INVALID_DATA',
      `the predictions are ${describeValue(predictions)}: give { actual, predicted, classes }.`,
    );
  }
  const { actual, predicted, classes } = predictions;
  checkClasses(classes);
  checkArray('the actual labels', actual);
  checkArray('the predicted labels', predicted);
  if (actual.length !== predicted.length) {
    throw new FerError(
      'INVALID_DATA',
      `${predicted.length} predictions for ${actual.length} actual labels: give one prediction a row.`,
    );
  }
  checkIndices(actual, classes.length, 'actual');
  checkIndices(predicted, classes.length, 'predicted');
}

/** Checks class names: there must be 1 to 256 different ones. */
export function checkClasses(classes: readonly string[]): void {
  checkClassNames(classes);
}

/** Checks class indices: there must be at least one, each a whole number in 0..k−1. */
export function checkIndices(labels: ArrayLike<number>, k: number, column: string): void {
  checkArray(`the ${column} labels`, labels);
  if (labels.length === 0) throw new FerError('INVALID_DATA', `no ${column} labels: metrics need at least one row.`);
  for (let i = 0; i < labels.length; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < k)) {
      throw new FerError(
        'INVALID_DATA',
        `label ${describeValue(labels[i])} is not one of 0..${k - 1}: there are ${k} classes.`,
        {
          row: i + 1,
          column,
        },
      );
    }
  }
}

/**
 * Checks that a value is a matrix of scores, with as many numbers as its shape needs. The numbers are not checked.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkScoreMatrix(matrix: ScoreMatrix, what = 'scores'): void {
  if (typeof matrix !== 'object' || matrix === null) {
    throw new FerError('INVALID_DATA', `${what} are ${describeValue(matrix)}: give { data, rows, columns }.`);
  }
  const { data, rows, columns } = matrix;
  const shaped = Number.isInteger(rows) && Number.isInteger(columns) && columns >= 1;
  if (shaped && data?.length === rows * columns) return;
  throw new FerError(
    'INVALID_DATA',
    `${what} are ${describeValue(rows)}×${describeValue(columns)} with ${data?.length ?? 'no'} numbers: give ` +
      '{ data, rows, columns }, with rows × columns numbers.',
  );
}

/**
 * Checks scores: n × k finite numbers.
 *
 * @throws FerError `INVALID_DATA`, naming the first bad row and column.
 */
export function checkScores(matrix: ScoreMatrix, n: number, k: number, what = 'scores'): void {
  checkScoreMatrix(matrix, what);
  const { data, rows, columns } = matrix;
  if (rows !== n || columns !== k) {
    throw new FerError(
      'INVALID_DATA',
      `${what} are ${rows}×${columns}: expected ${n}×${k}, one row per label and one column per class.`,
    );
  }
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new FerError('INVALID_DATA', `${what} hold ${describeValue(data[i])}: they must be finite numbers.`, {
        row: Math.floor(i / k) + 1,
        column: (i % k) + 1,
      });
    }
  }
}

/**
 * Checks probabilities: n × k numbers in 0..1 whose rows sum to 1 within {@link PROBABILITY_TOLERANCE}.
 *
 * @throws FerError `INVALID_DATA`, naming the first bad row.
 */
export function checkProbabilities(matrix: ScoreMatrix, n: number, k: number): void {
  checkScores(matrix, n, k, 'probabilities');
  const { data } = matrix;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < k; j++) {
      const p = data[i * k + j];
      if (p < 0 || p > 1 + PROBABILITY_TOLERANCE) {
        throw new FerError('INVALID_DATA', `probability ${p} is outside 0..1: pass raw scores as \`scores\`.`, {
          row: i + 1,
          column: j + 1,
        });
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > PROBABILITY_TOLERANCE) {
      throw new FerError('INVALID_DATA', `probabilities sum to ${sum}, not 1: pass raw scores as \`scores\`.`, {
        row: i + 1,
      });
    }
  }
}
