import type { EpochRecord } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { constant, cosine, inverseTimeDecay, oneCycle, plateau } from '../../src/index.js';
import { scoreOf } from '../../src/training/schedules.js';

/** Epochs of these validation accuracies. */
function epochs(...accuracies: number[]): EpochRecord[] {
  return accuracies.map((validationAccuracy, i) => ({
    ...{ epoch: i + 1, loss: 1, accuracy: 0.5, learningRate: 1, seconds: 1 },
    ...{ validationAccuracy, validationLoss: 1 - validationAccuracy },
  }));
}

describe('schedules', () => {
  it('constant stays at 1', () => {
    expect(constant()(7, 10, [])).toBe(1);
  });

  it('inverseTimeDecay is that of Keras', () => {
    expect(inverseTimeDecay(1e-3)(500, 1000, [])).toBe(1 / 1.5);
  });

  it('cosine falls from 1 through a half to 0, after a linear rise', () => {
    expect(cosine()(0, 100, [])).toBe(1);
    expect(cosine()(50, 100, [])).toBeCloseTo(0.5, 12);
    expect(cosine()(100, 100, [])).toBeCloseTo(0, 12);
    const warm = cosine({ warmup: 0.1 });
    expect([0, 4, 9, 10].map((step) => warm(step, 100, []))).toEqual([0.1, 0.5, 1, 1]);
    expect(warm(55, 100, [])).toBeCloseTo(0.5, 12);
  });

  it('cosine never exceeds 1, however short its rise', () => {
    expect(cosine({ warmup: 0.1 })(0, 1, [])).toBe(1);
    // A rise of 2.5 steps: 0.4, 0.8, then 1 in place of 1.2.
    expect([0, 1, 2].map((step) => cosine({ warmup: 0.025 })(step, 100, []))).toEqual([0.4, 0.8, 1]);
    for (const steps of [1, 2, 3, 7, 50]) {
      for (const warmup of [0, 0.01, 0.1, 0.33, 0.99]) {
        const factors = Array.from({ length: steps }, (_, step) => cosine({ warmup })(step, steps, []));
        expect(Math.max(...factors)).toBeLessThanOrEqual(1);
        expect(Math.min(...factors)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('score epochs by the validation where there is one, else by the training set', () => {
    const plain: EpochRecord = { epoch: 1, loss: 0.7, accuracy: 0.6, learningRate: 1, seconds: 1 };
    expect([scoreOf(plain, 'loss'), scoreOf(plain, 'accuracy')]).toEqual([-0.7, 0.6]);
    const measured = { ...plain, validationLoss: 0.9, validationAccuracy: 0 };
    expect([scoreOf(measured, 'loss'), scoreOf(measured, 'accuracy')]).toEqual([-0.9, 0]);
    expect(scoreOf({ ...measured, validationLoss: 0 }, 'loss')).toBe(-0);
  });

  it('refuse options outside their ranges', () => {
    const bad = [
      () => cosine({ warmup: 1 }),
      () => cosine({ warmup: -0.1 }),
      () => inverseTimeDecay(-1),
      () => inverseTimeDecay(NaN),
      () => oneCycle({ start: 0 }),
      () => oneCycle({ end: -1 }),
      () => plateau({ minDelta: -1 }),
      () => plateau({ minDelta: Infinity }),
      () => plateau({ patience: 0 }),
      () => plateau({ factor: 1 }),
      () => inverseTimeDecay(Infinity),
      () => oneCycle({ warmup: -0.1 }),
      () => oneCycle({ start: Infinity }),
      () => oneCycle({ end: Infinity }),
      () => plateau({ patience: 1.5 }),
      () => plateau({ factor: 0 }),
      () => plateau({ monitor: 'f1' as never }),
    ];
    for (const make of bad) expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(inverseTimeDecay(0)(9, 10, [])).toBe(1);
  });

  it('oneCycle is that of PyTorch', () => {
    // [g['lr'] for OneCycleLR(SGD([p], lr=1), max_lr=1, total_steps=10)] of PyTorch 1.13, before each step.
    const expected = [...[0.04, 0.52, 1, 0.95048463, 0.81174565, 0.61126202, 0.38874198, 0.18825835, 0.04951937, 4e-6]];
    const schedule = oneCycle();
    expected.forEach((factor, step) => {
      expect(schedule(step, 10, [])).toBeCloseTo(factor, 6);
    });
    expect(() => oneCycle({ warmup: 1 })).toThrow('warmup is 1');
  });

  it('plateau lowers the rate after epochs without improvement', () => {
    const schedule = plateau({ factor: 0.1, patience: 2 });
    const factors = [0.5, 0.6, 0.6, 0.5, 0.7, 0.6, 0.7].map((_, i, all) => schedule(0, 1, epochs(...all.slice(0, i))));
    expect(factors).toEqual([1, 1, 1, 1, 0.1, 0.1, 0.1]);
    expect(schedule(0, 1, epochs(0.5, 0.6, 0.6, 0.5, 0.7, 0.6, 0.7))).toBeCloseTo(0.01, 12);
    expect(plateau({ patience: 2, monitor: 'loss' })(0, 1, epochs(0.5, 0.4, 0.3))).toBe(0.5);
    // Keras 2: np.greater(score, best + min_delta), min_delta 1e-4.
    const slow = epochs(0.5, 0.50005, 0.50009, 0.5002, 0.5004);
    const rates = (minDelta?: number) =>
      [1, 2, 3, 4, 5].map((n) => plateau({ patience: 2, minDelta })(0, 1, slow.slice(0, n)));
    expect(rates()).toEqual([1, 1, 0.5, 0.5, 0.5]);
    expect(rates(0)).toEqual([1, 1, 1, 1, 1]);
    expect(rates(0.01)).toEqual([1, 1, 0.5, 0.5, 0.25]);
    // An epoch that is better by exactly minDelta is no improvement.
    expect(plateau({ patience: 1, minDelta: 0.25 })(0, 1, epochs(0.25, 0.5))).toBe(0.5);
    expect(() => plateau({ factor: 1 })).toThrow('factor is 1: it must be above 0 and below 1');
    expect(() => oneCycle({ start: 0 })).toThrow('start is 0: it must be a positive number');
    expect(() => plateau({ patience: 0 })).toThrow('patience is 0');
  });
});
