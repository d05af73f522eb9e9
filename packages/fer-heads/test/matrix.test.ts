import { Matrix } from 'ml-matrix';
import { expect, it } from 'vitest';
import { fromMatrix, toMatrix } from '../src/matrix.js';

it('goes to ml-matrix and back', () => {
  const features = { data: Float32Array.of(1, 2, 3, 4, 5, 0.1), rows: 2, columns: 3 };
  const matrix = toMatrix(features);
  expect(matrix.to2DArray()).toEqual([
    [1, 2, 3],
    [4, 5, Math.fround(0.1)],
  ]);
  expect(fromMatrix(matrix)).toEqual(features);
  expect(fromMatrix(matrix.transpose()).data[1]).toBe(4);
});

it('refuses what float32 cannot hold', () => {
  expect(() => fromMatrix(new Matrix([[1, 1e39]]))).toThrow(/row 1, column 2: feature is Infinity/);
  expect(() => toMatrix({ data: Float32Array.of(1, 2), rows: 1, columns: 1 })).toThrow(/2 numbers for a 1×1/);
});
