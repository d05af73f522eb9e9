import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

describe('max pooling', () => {
  it('agrees with the cpu backend, forward and gradient, overlapping or padded or not', async () => {
    const small = fc.integer({ min: 2, max: 9 });
    await fc.assert(
      fc.asyncProperty(
        small,
        small,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('valid' as const, 'same' as const),
        async (height, width, channels, window, stride, pad) => {
          fc.pre(window <= height && window <= width);
          // All different, so that the place of the largest is no question.
          const x = values(2 * height * width * channels, 'pool').map((v, i) => v + i * 1e-4);
          const op = () => {
            const input = tf.tensor4d(x, [2, height, width, channels]);
            const f = (a: tf.Tensor) => tf.sum(tf.square(tf.maxPool(a as tf.Tensor4D, window, stride, pad)));
            return [tf.maxPool(input, window, stride, pad), tf.grad(f)(input)];
          };
          const expected = await onCpu(op);
          read(op).forEach((actual, i) => {
            expect(relativeError(actual, expected[i])).toBeLessThan(1e-6);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives a tie to the first of the window, and all of the gradient to it', () => {
    const [gradient] = read(() =>
      tf.grad((x) => tf.sum(tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid')))(tf.ones([1, 2, 2, 1])),
    );
    expect([...gradient]).toEqual([1, 0, 0, 0]);
  });

  it('lets NaN and infinity through', () => {
    const [y] = read(() => tf.maxPool(tf.tensor4d([1, Number.NaN, 3, 4, 1, 2, 3, 4], [1, 2, 4, 1]), 2, 2, 'valid'));
    expect([...y]).toEqual([Number.NaN, 4]);
    const { POSITIVE_INFINITY: up, NEGATIVE_INFINITY: down } = Number;
    const [z] = read(() => tf.maxPool(tf.tensor4d([up, 1, down, down], [1, 2, 2, 1]), [2, 1], 1, 'valid'));
    expect([...z]).toEqual([up, 1]);
    const [lowest] = read(() => tf.maxPool(tf.tensor4d([down, down], [1, 1, 2, 1]), [1, 2], 1, 'valid'));
    expect([...lowest]).toEqual([down]);
  });
});
