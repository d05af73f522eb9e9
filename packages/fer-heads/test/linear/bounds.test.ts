import { describe, expect, it } from 'vitest';
import { entropyBias, FIRM, hingeBias, invertBiasHessian } from '../../src/linear/freeBias.js';
import { gapOf, noiseOf, scaleOf } from '../../src/linear/stopping.js';

describe('hingeBias', () => {
  it('is Newton’s decrement and what the move changes, where the move is short', () => {
    // A move of 0.2 / 4 = 0.05: it gains 0.2 · 0.05 / 2, and changes the gradient by up to 0.05 · 6 · 3.
    const distance = hingeBias(0.2, 4, 6, 3);
    expect(distance?.decrement).toBeCloseTo(0.005, 15);
    expect(distance?.drift).toBeCloseTo(0.9, 15);
    expect(hingeBias(0, 0, 6, 3)).toEqual({ decrement: 0, drift: 0 });
  });

  it('is unknown where the bias may move further than rows are firm', () => {
    expect(hingeBias(FIRM, 1, 6, 3)).toBeDefined();
    expect(hingeBias(1.001 * FIRM, 1, 6, 3)).toBeUndefined();
    expect(hingeBias(1, 0, 6, 3)).toBeUndefined();
    expect(hingeBias(Number.NaN, 1, 6, 3)).toBeUndefined();
  });
});

describe('invertBiasHessian', () => {
  it('inverts, and bounds the largest eigenvalue of the inverse', () => {
    // numpy.linalg.inv of the same matrix, and numpy.linalg.norm of that.
    const hessian = [4, 1, 0.5, 1, 3, -1, 0.5, -1, 2];
    const expected = [
      0.3076923076923077, -0.15384615384615385, -0.15384615384615385, -0.15384615384615385, 0.47692307692307695,
      0.27692307692307694, -0.15384615384615385, 0.27692307692307694, 0.676923076923077,
    ];
    const { inverse, norm } = invertBiasHessian(Float64Array.from(hessian), 3)!;
    inverse.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 14);
    });
    expect(norm).toBeCloseTo(1.0141017537031998, 14);
    expect(invertBiasHessian(Float64Array.of(2, 0, 0, 4), 2)!.inverse).toEqual(Float64Array.of(0.5, 0, 0, 0.25));
  });

  it('is unknown where the matrix is not positive definite', () => {
    expect(invertBiasHessian(Float64Array.of(1, 1, 1, 1), 2)).toBeUndefined();
    expect(invertBiasHessian(Float64Array.of(0, 0, 0, 1), 2)).toBeUndefined();
    expect(invertBiasHessian(Float64Array.of(-1, 0, 0, 1), 2)).toBeUndefined();
    expect(invertBiasHessian(Float64Array.of(Number.NaN, 0, 0, 1), 2)).toBeUndefined();
    expect(invertBiasHessian(Float64Array.of(1e-300, 0, 0, 1), 2)).toBeUndefined();
  });
});

describe('entropyBias', () => {
  const hessian = { inverse: Float64Array.of(2, 1, 1, 3), norm: 4 };

  it('is the squared decrement, and 3.3 · decrement · √mass · radius', () => {
    // g = (0.01, −0.02): gᵀ S g = 0.01² · 2 − 2 · 0.01 · 0.02 + 0.02² · 3 = 0.001.
    const distance = entropyBias(Float64Array.of(0.01, -0.02), hessian, 9, 5);
    expect(distance?.decrement).toBeCloseTo(0.001, 15);
    expect(distance?.drift).toBeCloseTo(3.3 * Math.sqrt(0.001) * 3 * 5, 12);
  });

  it('is unknown where moves of more than a quarter are possible', () => {
    // 2 · √(2 g²) · 2 ≤ 1/4 for g up to 0.0442.
    expect(entropyBias(Float64Array.of(0.0441, 0), hessian, 9, 5)).toBeDefined();
    expect(entropyBias(Float64Array.of(0.0443, 0), hessian, 9, 5)).toBeUndefined();
    expect(entropyBias(Float64Array.of(Number.NaN, 0), hessian, 9, 5)).toBeUndefined();
  });
});

describe('gapOf', () => {
  it('is half of the squared gradient where nothing is left of the bias', () => {
    expect(gapOf({ square: 6, bias: 0 }, 10)).toBe(3);
  });

  it('adds the bias times its reach, or the closer bound where that is known and smaller', () => {
    expect(gapOf({ square: 6, bias: 0.5 }, 10)).toBe(8);
    // 0.25 + (2 + 1)² / 2 = 4.75.
    expect(gapOf({ square: 4, bias: 0.5 }, 10, { decrement: 0.25, drift: 1 })).toBe(4.75);
    expect(gapOf({ square: 4, bias: 0.5 }, 1, { decrement: 0.25, drift: 1 })).toBe(2.5);
  });
});

describe('scaleOf', () => {
  const at = (value: number) => ({ value }) as Parameters<typeof scaleOf>[0];

  it('is the value, or what the features are sure to explain of it', () => {
    // √8 − √(2 · 0.5) = 1.828: at least half of its square is explained; from the values, 7 − 6 = 1.
    const certain = (Math.sqrt(8) - 1) ** 2 / 2;
    expect(scaleOf(at(6), 0.5, 8, 7)).toBeCloseTo(certain, 12);
    expect(scaleOf(at(6), 0.5, 8, 9)).toBe(3);
    expect(scaleOf(at(1), 0.5, 8, 9)).toBe(1);
    // A gap so wide that w could be 0.
    expect(scaleOf(at(6), 50, 8, 6.25)).toBe(0.25);
  });
});

describe('noiseOf', () => {
  it('is in proportion to the mass, and to the terms of scores', () => {
    expect(noiseOf(3, 4)).toBeCloseTo(3e-14, 25);
    expect(noiseOf(0, 4)).toBe(0);
  });
});
