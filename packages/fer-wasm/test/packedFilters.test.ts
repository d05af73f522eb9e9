import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { momentumStep, useWasm } from '../src/index.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

describe('filters that are kept across calls', () => {
  // 3×3 by Winograd's filtering with tiles of 4×4 and of 3×3, and 5×5 directly.
  it.each([
    [3, 12],
    [3, 9],
    [5, 12],
  ])('of size %i on images of %i pixels follow every change of their numbers', async (size, side) => {
    const shape: [number, number, number, number] = [size, size, 16, 16];
    const [first, second] = ['first', 'second'].map((seed) => values(size * size * 256, seed));
    const x = tf.tensor4d(values(2 * side * side * 16, 'x'), [2, side, side, 16]);
    const expected = async (numbers: Float32Array) => {
      const [y] = await onCpu(() =>
        tf.conv2d(
          tf.tensor4d(values(2 * side * side * 16, 'x'), [2, side, side, 16]),
          tf.tensor4d(numbers, shape),
          1,
          'same',
        ),
      );
      return y;
    };
    const [before, after] = [await expected(first), await expected(second)];
    const w = tf.tidy(() => tf.variable(tf.tensor4d(first, shape)));
    const run = () => read(() => tf.conv2d(x, w as tf.Tensor4D, 1, 'same'))[0];
    for (let i = 0; i < 4; i++) expect(relativeError(run(), before), `call ${i}`).toBeLessThan(1e-5);
    // In place: w − 1·(w − second).
    tf.tidy(() => {
      const velocity = tf.variable(tf.zeros(shape), false);
      momentumStep(w, tf.sub(w, tf.tensor4d(second, shape)), velocity, { learningRate: 1, momentum: 0 });
      velocity.dispose();
    });
    for (let i = 0; i < 3; i++) expect(relativeError(run(), after), `call ${i} after a step`).toBeLessThan(1e-5);
    tf.tidy(() => w.assign(tf.tensor4d(first, shape)));
    for (let i = 0; i < 3; i++) expect(relativeError(run(), before), `call ${i} after assign`).toBeLessThan(1e-5);
    tf.dispose([x, w]);
  });
});
