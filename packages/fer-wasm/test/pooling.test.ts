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

  it('agrees with the cpu backend for 2 × 2 windows side by side, also if a row and a column are left over', async () => {
    const op = () => tf.maxPool(tf.tensor4d(values(2 * 7 * 9 * 8, 'pool'), [2, 7, 9, 8]), 2, 2, 'valid');
    const [expected] = await onCpu(op);
    expect(read(op)[0]).toEqual(expected);
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

  it.each([4, 5, 8])('lets NaN through in each of %i channels alone', (channels) => {
    const x = new Float32Array(4 * channels).fill(1);
    x[channels + 3] = Number.NaN;
    const [y] = read(() => tf.maxPool(tf.tensor4d(x, [1, 2, 2, channels]), 2, 2, 'valid'));
    expect([...y]).toEqual(Array.from({ length: channels }, (_, c) => (c === 3 ? Number.NaN : 1)));
  });

  it('gives −∞ for a window that lies in the padding altogether', () => {
    const pool = (pad: number) => read(() => tf.maxPool(tf.ones([1, 2, 2, 4]) as tf.Tensor4D, 1, 1, pad, 'floor'))[0];
    const y = pool(1);
    expect(y).toHaveLength(64);
    expect(y[0]).toBe(Number.NEGATIVE_INFINITY);
    expect(y.filter((value) => value === 1)).toHaveLength(16);
  });
});

describe('over volumes', () => {
  it.each([
    [[2, 4, 4, 4, 2], [2, 2, 2, 2, 3], 1, 'valid'],
    [[1, 4, 5, 4, 2], [3, 2, 2, 2, 5], 2, 'same'],
    [[1, 5, 4, 6, 3], [2, 3, 1, 3, 2], 2, 'valid'],
  ] as const)(
    'convolution of %j by %j, stride %i, %s, agrees with the cpu backend',
    async (shape, filter, stride, pad) => {
      const op = () => {
        const inputs = [shape, filter].map((s, i) => tf.tensor(values(tf.util.sizeFromShape([...s]), `${i}`), [...s]));
        const f = (x: tf.Tensor, w: tf.Tensor) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, stride, pad);
        return [f(inputs[0], inputs[1]), ...tf.grads((x, w) => tf.sum(tf.square(f(x, w))))(inputs)];
      };
      const expected = await onCpu(op);
      read(op).forEach((actual, i) => {
        expect(relativeError(actual, expected[i]), `${i}`).toBeLessThan(1e-5);
      });
    },
  );

  it.each([
    ['max', 'same', tf.maxPool3d],
    ['max', 'valid', tf.maxPool3d],
    ['average', 'valid', tf.avgPool3d],
  ] as const)('%s pooling, %s, agrees with the cpu backend', async (_, pad, pool) => {
    const op = () => {
      const x = tf.tensor(values(6 * 3 * 5 * 4 * 3, 'x'), [6, 3, 5, 4, 3]);
      const f = (a: tf.Tensor) => pool(a as tf.Tensor5D, 2, 2, pad);
      return [f(x), tf.grad((a) => tf.sum(tf.square(f(a))))(x)];
    };
    const expected = await onCpu(op);
    read(op).forEach((actual, i) => {
      expect(relativeError(actual, expected[i]), `${i}`).toBeLessThan(1e-6);
    });
  });
});

describe('average pooling', () => {
  it('over volumes is the mean of what lies inside', async () => {
    const op = () =>
      tf.avgPool3d(tf.tensor(values(6 * 3 * 5 * 4 * 3, 'x'), [6, 3, 5, 4, 3]) as tf.Tensor5D, 2, 2, 'same');
    const [expected] = await onCpu(op);
    expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-6);
  });

  it.each([
    [[2, 7, 6, 5], 3, 2, 'same'],
    [[1, 5, 5, 4], 2, 1, 'same'],
    [[2, 6, 6, 9], 2, 2, 'valid'],
    [[1, 8, 7, 3], 3, 1, 'valid'],
  ] as const)('of %j, window %i, stride %i, %s, is the mean of what lies inside', (shape, window, stride, pad) => {
    const size = tf.util.sizeFromShape([...shape]);
    const x = values(size, 'x');
    const [y, dx] = read(() => {
      const op = (input: tf.Tensor) => tf.avgPool(input as tf.Tensor4D, window, stride, pad);
      const input = tf.tensor4d(x, [...shape]);
      return [op(input), tf.grad((a) => tf.sum(tf.square(op(a))))(input)];
    });
    const expected = means(x, shape, { window, stride, pad });
    expect(relativeError(y, expected.y)).toBeLessThan(1e-6);
    expect(relativeError(dx, expected.dx)).toBeLessThan(1e-6);
  });

  it('over volumes has the gradient of windows that leave them', () => {
    const dx = read(() => {
      const op = (x: tf.Tensor) => tf.sum(tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'same'));
      return tf.grad(op)(tf.ones([1, 3, 3, 3, 1]));
    })[0];
    // Windows of 8, 4, 2 elements and of 1 lie inside: each element gets one over its window's number.
    const along = [2, 2, 1];
    const expected = along.flatMap((a) => along.flatMap((b) => along.map((c) => 1 / (a * b * c))));
    expect([...dx]).toEqual(expected);
  });
});

/** Average pooling and the gradient of Σ y², by the definition, in double precision. */
function means(
  x: Float32Array,
  [n, height, width, channels]: readonly number[],
  { window, stride, pad }: { window: number; stride: number; pad: 'valid' | 'same' },
): { y: Float32Array; dx: Float32Array } {
  const same = pad === 'same';
  const out = (size: number) => (same ? Math.ceil(size / stride) : Math.floor((size - window) / stride) + 1);
  const before = (size: number) => (same ? Math.floor(Math.max(0, (out(size) - 1) * stride + window - size) / 2) : 0);
  const range = (size: number, i: number) => {
    const first = i * stride - before(size);
    return Array.from({ length: window }, (_, k) => first + k).filter((at) => at >= 0 && at < size);
  };
  const y: number[] = [];
  const dx = new Float64Array(x.length);
  for (let image = 0; image < n; image++) {
    for (let i = 0; i < out(height); i++) {
      for (let j = 0; j < out(width); j++) {
        const pixels = range(height, i).flatMap((a) => range(width, j).map((b) => (image * height + a) * width + b));
        for (let c = 0; c < channels; c++) {
          const mean = pixels.reduce((sum, at) => sum + x[at * channels + c], 0) / pixels.length;
          y.push(mean);
          for (const at of pixels) dx[at * channels + c] += (2 * mean) / pixels.length;
        }
      }
    }
  }
  return { y: Float32Array.from(y), dx: Float32Array.from(dx) };
}
