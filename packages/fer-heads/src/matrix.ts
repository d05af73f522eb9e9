/**
 * Features and scores to and from ml-matrix: an entry of its own, so that pages without it don't load it.
 *
 * @module fer-heads/matrix
 */
import { checkFeatures, checkMethods, type FeatureMatrix } from 'fer-core';
import { Matrix } from 'ml-matrix';

/**
 * Features or scores as an ml-matrix `Matrix` (float64, copied), for anything that works on matrices.
 *
 * @throws FerError `INVALID_DATA` where the numbers do not fit the shape or are not finite.
 */
export function toMatrix(features: FeatureMatrix): Matrix {
  checkFeatures(features);
  const { data, rows, columns } = features;
  const matrix = new Matrix(rows, columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) matrix.set(i, j, data[i * columns + j]);
  return matrix;
}

/**
 * An ml-matrix `Matrix` as features (rounded to float32, copied), for `fit` and `predict`.
 *
 * @throws FerError `INVALID_DATA` where an entry is not a finite float32 number.
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
