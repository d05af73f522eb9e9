import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { meanLoss } from '../../src/training/losses.js';

beforeAll(() => tf.setBackend('cpu'));

const SCORES = [
  [2, -1, 0.5],
  [-0.3, 0.2, 1.5],
];
const TARGETS = [
  [1, 0, 0],
  [0, 0.25, 0.75],
];

const formulas = {
  softmax: (scores: number[][]) =>
    scores.reduce((sum, row, i) => {
      const log = Math.log(row.reduce((a, s) => a + Math.exp(s), 0));
      return sum - row.reduce((a, s, j) => a + TARGETS[i][j] * (s - log), 0);
    }, 0) / scores.length,
  squaredHinge: (scores: number[][]) =>
    scores.reduce(
      (sum, row, i) => sum + row.reduce((a, s, j) => a + Math.max(0, 1 - (2 * TARGETS[i][j] - 1) * s) ** 2, 0),
      0,
    ) / scores.length,
};

describe.each(['softmax', 'squaredHinge'] as const)('%s', (loss) => {
  it('is its float64 formula', () => {
    const value = meanLoss(loss, tf.tensor2d(SCORES), tf.tensor2d(TARGETS)).dataSync()[0];
    expect(value).toBeCloseTo(formulas[loss](SCORES), 6);
  });

  it('counts each image by its weight', () => {
    const single = SCORES.map((row, i) => meanLoss(loss, tf.tensor2d([row]), tf.tensor2d([TARGETS[i]])).dataSync()[0]);
    const value = meanLoss(loss, tf.tensor2d(SCORES), tf.tensor2d(TARGETS), tf.tensor1d([3, 0.5])).dataSync()[0];
    expect(value).toBeCloseTo((3 * single[0] + 0.5 * single[1]) / 2, 5);
  });

  it('has the gradient that differences of the formula give', () => {
    const gradient = tf
      .grad((s) => meanLoss(loss, s as tf.Tensor2D, tf.tensor2d(TARGETS)))(tf.tensor2d(SCORES))
      .dataSync();
    const step = 1e-6;
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 3; j++) {
        const moved = (by: number) =>
          formulas[loss](SCORES.map((row, a) => row.map((s, b) => (a === i && b === j ? s + by : s))));
        expect(gradient[i * 3 + j]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 5);
      }
    }
  });
});
