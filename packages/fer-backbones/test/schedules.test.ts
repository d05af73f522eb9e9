import { describe, expect, it } from 'vitest';
import { constant, cosine, inverseTimeDecay } from '../src/index.js';

describe('schedules', () => {
  it('constant stays at 1', () => {
    expect(constant()(7, 10)).toBe(1);
  });

  it('inverseTimeDecay is that of Keras', () => {
    expect(inverseTimeDecay(1e-3)(500, 1000)).toBe(1 / 1.5);
  });

  it('cosine falls from 1 through a half to 0, after a linear rise', () => {
    expect(cosine()(0, 100)).toBe(1);
    expect(cosine()(50, 100)).toBeCloseTo(0.5, 12);
    expect(cosine()(100, 100)).toBeCloseTo(0, 12);
    const warm = cosine({ warmup: 0.1 });
    expect([0, 4, 9, 10].map((step) => warm(step, 100))).toEqual([0.1, 0.5, 1, 1]);
    expect(warm(55, 100)).toBeCloseTo(0.5, 12);
  });
});
