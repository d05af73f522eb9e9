import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { momentumStep, useWasm } from '../src/index.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

describe('filters that are kept across calls', () => {
  // 3×3 by Winograd's filtering with tiles of 4×4, of 3×3 and of 6×6, and 5×5 directly.
  it.each([
    [3, 12, 2, 16],
    [3, 9, 2, 16],
    [3, 6, 48, 32],
    [5, 12, 2, 16],
  ])('of size %i on images of %i pixels follow every change of their numbers', async (size, side, n, channels) => {
    const shape: [number, number, number, number] = [size, size, channels, channels];
    const [first, second] = ['first', 'second'].map((seed) => values(size * size * channels ** 2, seed));
    const images: [number, number, number, number] = [n, side, side, channels];
    const pixels = values(tf.util.sizeFromShape(images), 'x');
    const x = tf.tensor4d(pixels, images);
    const expected = async (numbers: Float32Array) => {
      const [y] = await onCpu(() => tf.conv2d(tf.tensor4d(pixels, images), tf.tensor4d(numbers, shape), 1, 'same'));
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

  // The same numbers in another shape: 3×3 by tiles of 4×4, 3×3 and 6×6, 1×1 and 5×5 directly.
  it.each([
    [3, 16, 32, [2, 8, 12]],
    [3, 16, 32, [2, 9, 9]],
    [3, 48, 96, [32, 6, 6]],
    [1, 16, 32, [2, 9, 9]],
    [5, 8, 16, [2, 9, 9]],
  ])('of size %i from %i to %i channels are not taken for their reshaped data', async (size, from, to, [n, h, w]) => {
    const numbers = values(size * size * from * to, 'filter');
    const pixels = (channels: number) => tf.tensor4d(values(n * h * w * channels, 'x'), [n, h, w, channels]);
    const [expected] = await onCpu(() =>
      tf.conv2d(pixels(to), tf.tensor4d(numbers, [size, size, to, from]), 1, 'same'),
    );
    const actual = read(() => {
      const filter = tf.tensor4d(numbers, [size, size, from, to]);
      for (let i = 0; i < 4; i++) tf.conv2d(pixels(from), filter, 1, 'same');
      const turned = tf.reshape(filter, [size, size, to, from]) as tf.Tensor4D;
      return [1, 2, 3, 4].map(() => tf.conv2d(pixels(to), turned, 1, 'same'));
    });
    for (const y of actual) expect(relativeError(y, expected)).toBeLessThan(3e-5);
  });
});
