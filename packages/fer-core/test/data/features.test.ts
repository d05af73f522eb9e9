import fc from 'fast-check';
import { argmaxRows, checkFeatures, type FeatureMatrix, selectFeatures, softmaxRows } from 'fer-core';
import { describe, expect, it } from 'vitest';

const invalid = expect.objectContaining({ name: 'FerError', code: 'INVALID_DATA' });
const matrix = (rows: number, columns: number, ...data: number[]): FeatureMatrix => ({
  data: Float32Array.from(data),
  rows,
  columns,
});

describe('checkFeatures', () => {
  it('accepts finite matrices, also without rows', () => {
    expect(() => checkFeatures(matrix(2, 2, 1, 2, 3, 4), 2)).not.toThrow();
    expect(() => checkFeatures(matrix(0, 7))).not.toThrow();
  });

  it('names the first number that is not finite', () => {
    expect(() => checkFeatures(matrix(2, 3, 1, 2, 3, 4, NaN, Infinity))).toThrow(/^row 2, column 2: feature is NaN/);
    expect(() => checkFeatures(matrix(1, 2, 1, -Infinity))).toThrow(/^row 1, column 2: feature is -Infinity/);
  });

  it('refuses what plain JavaScript may pass for features', () => {
    for (const data of [[1, 2], Float64Array.of(1, 2), undefined] as unknown as Float32Array[]) {
      expect(() => checkFeatures({ data, rows: 1, columns: 2 })).toThrow(invalid);
    }
    expect(() => checkFeatures({ data: [1, 2] as unknown as Float32Array, rows: 1, columns: 2 })).toThrow(
      /give a Float32Array/,
    );
  });

  it('refuses shapes that do not fit', () => {
    expect(() => checkFeatures(matrix(2, 2, 1, 2, 3))).toThrow(/3 numbers for a 2×2 matrix: expected 4/);
    expect(() => checkFeatures(matrix(1, 3, 1, 2, 3), 4)).toThrow(/3 columns, expected 4/);
    for (const bad of [matrix(-1, -1, 1), matrix(0.5, 2, 1), matrix(2, 0.5, 1), matrix(5, 0), matrix(NaN, 1)]) {
      expect(() => checkFeatures(bad)).toThrow(invalid);
    }
  });
});

it('selectFeatures copies rows in the order given, and refuses rows that are not there', () => {
  const x = matrix(3, 2, 1, 2, 3, 4, 5, 6);
  expect(selectFeatures(x, [2, 0, 2])).toEqual(matrix(3, 2, 5, 6, 1, 2, 5, 6));
  for (const row of [-1, 3, 0.5]) expect(() => selectFeatures(x, [row])).toThrow(/is outside 0..2/);
});

describe('argmaxRows', () => {
  it('takes the first of equal scores', () => {
    expect([...argmaxRows(matrix(4, 3, 1, 2, 2, 5, 5, 5, -3, -2, -1, 0, -0, 0))]).toEqual([1, 0, 2, 0]);
    expect([...argmaxRows(matrix(1, 2, -Infinity, -1))]).toEqual([1]);
  });

  it('gives every one of 256 classes its index, and refuses more', () => {
    const data = new Float32Array(256);
    data[255] = 1;
    expect([...argmaxRows({ data, rows: 1, columns: 256 })]).toEqual([255]);
    expect(() => argmaxRows({ data: new Float32Array(257), rows: 1, columns: 257 })).toThrow(invalid);
    expect(() => argmaxRows(matrix(3, 0))).toThrow(invalid);
  });

  it('refuses NaN wherever it is', () => {
    for (let j = 0; j < 3; j++) {
      const bad = matrix(2, 3, 1, 2, 3, 4, 5, 6);
      bad.data[3 + j] = NaN;
      expect(() => argmaxRows(bad)).toThrow(new RegExp(`^row 2, column ${j + 1}: score is NaN`));
    }
  });
});

describe('softmaxRows', () => {
  it('agrees with the plain formula in float64', () => {
    const scores = fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(scores, (values) => {
        const { data } = softmaxRows(matrix(2, 3, ...values));
        for (let i = 0; i < 2; i++) {
          const e = values.slice(3 * i, 3 * i + 3).map(Math.exp);
          const sum = e[0] + e[1] + e[2];
          for (let j = 0; j < 3; j++) expect(data[3 * i + j]).toBeCloseTo(e[j] / sum, 6);
        }
      }),
    );
  });

  it('does not overflow or underflow', () => {
    const { data } = softmaxRows(matrix(3, 2, 1000, 1000, -1000, -1001, 0, -Infinity));
    const e = Math.exp(-1);
    [0.5, 0.5, 1 / (1 + e), e / (1 + e), 1, 0].forEach((p, i) => {
      expect(data[i]).toBeCloseTo(p, 7);
    });
  });

  it('refuses rows that have no softmax', () => {
    expect(() => softmaxRows(matrix(2, 2, 1, 2, 3, NaN))).toThrow(/^row 2, column 2: score is NaN/);
    expect(() => softmaxRows(matrix(1, 2, Infinity, 2))).toThrow(/^row 1, column 1: score is Infinity/);
    expect(() => softmaxRows(matrix(1, 2, -Infinity, -Infinity))).toThrow(/^row 1, column 1: score is -Infinity/);
  });
});
