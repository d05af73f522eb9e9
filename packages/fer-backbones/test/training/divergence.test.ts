import type { Dataset } from 'fer-core';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/index.js';
import { demandFinite, demandSane, lossOfEqualScores } from '../../src/training/divergence.js';
import { resolveSettings } from '../../src/training/settings.js';
import { patches } from '../data.js';

const data: Dataset = { ...patches(4, 4), labels: Uint8Array.of(0, 1, 2, 2) };
const settings = (options: TrainOptions) => resolveSettings(data, options);
const teacher = { classes: data.classes, decisionFunction: () => undefined } as never;
const place = { epoch: 3, step: 7, learningRate: 0.5, saved: false };
const diverged = expect.objectContaining({ code: 'DIVERGED' });

describe('lossOfEqualScores', () => {
  it('is ln k of cross-entropy, and k of the squared hinge', () => {
    expect(lossOfEqualScores(data, settings({}))).toBeCloseTo(Math.log(3), 12);
    expect(lossOfEqualScores(data, settings({ loss: 'squaredHinge' }))).toBe(3);
  });

  it('grows with the mean weight of the images', () => {
    // Weights 1, 2, 4 and 4: 11 / 4.
    const classWeight = [1, 2, 4];
    expect(lossOfEqualScores(data, settings({ classWeight }))).toBeCloseTo(2.75 * Math.log(3), 12);
    expect(lossOfEqualScores(data, settings({ classWeight, loss: 'squaredHinge' }))).toBeCloseTo(8.25, 12);
  });

  it('counts the teacher by its weight and the square of the temperature', () => {
    const distillation = { teacher, temperature: 3, weight: 0.25 };
    expect(lossOfEqualScores(data, settings({ distillation }))).toBeCloseTo(Math.log(3) * (0.25 * 9 + 0.75), 12);
    const classWeight = [1, 2, 4];
    const both = lossOfEqualScores(data, settings({ distillation, classWeight }));
    expect(both).toBeCloseTo(Math.log(3) * (0.25 * 9 + 0.75 * 2.75), 12);
  });
});

describe('demandFinite', () => {
  it('names the loss and the place', () => {
    expect(() => demandFinite('loss', 1e30, place)).not.toThrow();
    for (const loss of [Number.NaN, Infinity, -Infinity]) {
      expect(() => demandFinite('validation loss', loss, place)).toThrow(diverged);
      expect(() => demandFinite('validation loss', loss, place)).toThrow(
        `validation loss is ${loss} at epoch 3, step 7, learning rate 0.5: lower the rate.`,
      );
    }
  });

  it('says that checkpoints are kept, where they are', () => {
    expect(() => demandFinite('loss', Number.NaN, { ...place, saved: true })).toThrow(/rate\. The checkpoints before/);
    expect(() => demandFinite('loss', Number.NaN, place)).toThrow(/rate\.$/);
  });
});

describe('demandSane', () => {
  it.each([
    ['softmax', 100],
    ['squaredHinge', 10_000],
  ] as const)('refuses losses of %s above %d times that of equal scores', (loss, times) => {
    const given = settings({ loss });
    expect(() => demandSane([2 * times, 2 * times], 2, given, place)).not.toThrow();
    expect(() => demandSane([2 * times, 1e9], 2, given, place)).not.toThrow();
    expect(() => demandSane([1e9, 2 * times], 2, given, place)).not.toThrow();
    expect(() => demandSane([1e9, 2.01 * times], 2, given, place)).toThrow(diverged);
    expect(() => demandSane([2.01 * times, 1e9], 2, given, place)).toThrow(
      /^loss is .*, that of equal scores 2.00, at epoch 3, step 7/,
    );
  });
});
