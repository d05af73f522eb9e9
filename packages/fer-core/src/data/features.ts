import { checkIsArray, describeValue, FerError } from '../errors.js';

/** A dense matrix of features or scores: one row per image. */
export interface FeatureMatrix {
  /** rows × columns, row-major. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Checks a matrix: as many numbers as its shape needs, all finite.
 *
 * @param columns - The expected number of columns, if it is known.
 * @throws FerError `INVALID_DATA`, naming the first bad row and column.
 */
export function checkFeatures(matrix: FeatureMatrix, columns?: number): void {
  checkMatrix('features', matrix);
  const { data, columns: d } = matrix;
  if (columns !== undefined && d !== columns) {
    throw new FerError(
      'INVALID_DATA',
      `features have ${d} columns, expected ${columns}: use the backbone they were fit on.`,
    );
  }
  if (allFinite(data)) return;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new FerError('INVALID_DATA', `feature is ${data[i]}: features must be finite numbers.`, {
        row: Math.floor(i / d) + 1,
        column: (i % d) + 1,
      });
    }
  }
}

/**
 * Whether all numbers are finite. The exponent of NaN and of an infinity has all bits set. Adding its lowest bit then
 * carries into the sign, and only then. Integers, four at a time, take a third of the time that floats do.
 */
function allFinite(data: Float32Array): boolean {
  const [exponent, lowest] = [0x7f800000, 0x00800000];
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  let carried = 0;
  let i = 0;
  for (; i + 4 <= bits.length; i += 4) {
    carried |= (bits[i] & exponent) + lowest;
    carried |= (bits[i + 1] & exponent) + lowest;
    carried |= (bits[i + 2] & exponent) + lowest;
    carried |= (bits[i + 3] & exponent) + lowest;
  }
  for (; i < bits.length; i++) carried |= (bits[i] & exponent) + lowest;
  return carried >= 0;
}

/**
 * Checks that a matrix has as many numbers as its shape needs. The values are not checked.
 *
 * @param name - What the matrix holds, in the plural: `scores`.
 * @throws FerError `INVALID_DATA`
 */
export function checkMatrix(name: string, matrix: FeatureMatrix): void {
  if (typeof matrix !== 'object' || matrix === null || !('data' in matrix)) {
    throw new FerError(
      'INVALID_DATA',
      `the ${name} are ${describeValue(matrix)}: give { data, rows, columns }, e.g. from a backbone's transform.`,
    );
  }
  const { data, rows, columns: d } = matrix;
  checkIsArray(name, data, 'Float32Array');
  if (!Number.isInteger(rows) || rows < 0 || !Number.isInteger(d) || d < 1) {
    throw new FerError(
      'INVALID_DATA',
      `a ${describeValue(rows)}×${describeValue(d)} matrix: give whole numbers, of columns at least 1.`,
    );
  }
  if (data.length !== rows * d) {
    throw new FerError('INVALID_DATA', `${data.length} numbers for a ${rows}×${d} matrix: expected ${rows * d}.`);
  }
}

/**
 * The index of the largest score in each row; the first one if several are equal.
 *
 * @throws FerError `INVALID_DATA` if a score is NaN, or if there are no columns or over 256.
 *
 * @example
 * ```ts
 * argmaxRows({ data: Float32Array.of(0.1, 0.9, 0.7, 0.3), rows: 2, columns: 2 }); // Uint8Array(2) [ 1, 0 ]
 * const predicted = argmaxRows(await classifier.decisionFunction(test));
 * ```
 */
export function argmaxRows(scores: FeatureMatrix): Uint8Array {
  checkMatrix('scores', scores);
  const { data, rows, columns } = scores;
  if (columns < 1 || columns > 256) {
    throw new FerError('INVALID_DATA', `scores have ${columns} columns: there must be 1 to 256 classes.`);
  }
  const best = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    let top = 0;
    for (let j = 0; j < columns; j++) {
      const score = data[start + j];
      if (score > data[start + top]) top = j;
      else if (Number.isNaN(score)) throw scoreError(score, i, j);
    }
    best[i] = top;
  }
  return best;
}

/**
 * The softmax of each row. The largest score is subtracted first, so that nothing overflows. A score of −∞ gets
 * probability 0.
 *
 * @throws FerError `INVALID_DATA` if a row has no softmax: it holds NaN or ∞, or only −∞.
 *
 * @example
 * ```ts
 * const { data } = softmaxRows({ data: Float32Array.of(0, Math.log(3)), rows: 1, columns: 2 });
 * console.log(data); // Float32Array(2) [ 0.25, 0.75 ]
 * ```
 */
export function softmaxRows(scores: FeatureMatrix): FeatureMatrix {
  checkMatrix('scores', scores);
  const { data, rows, columns } = scores;
  const out = new Float32Array(data.length);
  const e = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < columns; j++) max = Math.max(max, data[start + j]);
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      e[j] = Math.exp(data[start + j] - max);
      sum += e[j];
    }
    if (Number.isNaN(sum)) {
      const row = data.subarray(start, start + columns);
      const j = Math.max(
        0,
        row.findIndex((score) => !(score < Number.POSITIVE_INFINITY)),
      );
      throw scoreError(row[j], i, j);
    }
    for (let j = 0; j < columns; j++) out[start + j] = e[j] / sum;
  }
  return { data: out, rows, columns };
}

function scoreError(score: number, row: number, column: number): FerError {
  return new FerError('INVALID_DATA', `score is ${score}: the model gave no finite answer, did its training diverge?`, {
    row: row + 1,
    column: column + 1,
  });
}
