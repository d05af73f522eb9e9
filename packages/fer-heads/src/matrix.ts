/**
 * Converts features and scores to and from ml-matrix. A separate entry point, so that pages that don't use it don't
 * load it.
 *
 * @module fer-heads/matrix
 */
import { checkFeatures, checkMethods, type FeatureMatrix } from 'fer-core';
import { Matrix } from 'ml-matrix';

/**
 * Converts features or scores to an ml-matrix `Matrix` (float64, copied).
 *
 * @throws FerError `INVALID_DATA` if the numbers do not fit the shape or are not finite.
 *
 * @example
 * ```ts
 * const matrix = toMatrix(features);
 * const means = matrix.mean('column');
 * ```
 */
export function toMatrix(features: FeatureMatrix): Matrix {
  checkFeatures(features);
  const { data, rows, columns } = features;
  const matrix = new Matrix(rows, columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) matrix.set(i, j, data[i * columns + j]);
  return matrix;
}

/**
 * Converts an ml-matrix `Matrix` to features (rounded to float32, copied), for `fit` and `predict`.
 *
 * @throws FerError `INVALID_DATA` if an entry is not a finite float32 number.
 *
 * @example
 * ```ts
 * const centred = fromMatrix(toMatrix(features).center('column'));
 * await softmax().fit(centred, train);
 * ```
 */
export function fromMatrix(matrix: Pick<Matrix, 'rows' | 'columns' | 'get'>): FeatureMatrix {
  checkMethods('the matrix', matrix, ['get'], 'give a Matrix of ml-matrix');
  const { rows, columns } = matrix;
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * columns + j] = matrix.get(i, j);
  const features = { data, rows, columns };
  checkFeatures(features);
  return features;
}
