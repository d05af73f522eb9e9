import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

const geometry = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 12 }),
    width: fc.integer({ min: 1, max: 12 }),
    channels: fc.integer({ min: 1, max: 21 }),
    multiplier: fc.constantFrom(1, 1, 1, 2, 3),
    kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pad: fc.constantFrom('valid' as const, 'same' as const),
  })
  .filter(({ height, width, kernel, pad }) => pad === 'same' || (kernel[0] <= height && kernel[1] <= width));

describe('depthwise convolution', () => {
  it('agrees with the cpu backend, forward and in both gradients', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ n, height, width, channels, multiplier, kernel, strides, pad }) => {
        const x = values(n * height * width * channels, 'x', true);
        const filter = values(kernel[0] * kernel[1] * channels * multiplier, 'filter');
        const op = () => {
          const input = tf.tensor4d(x, [n, height, width, channels]);
          const weights = tf.tensor4d(filter, [...kernel, channels, multiplier]);
          const conv = (a: tf.Tensor, b: tf.Tensor) =>
            tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad);
          const f = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(conv(a, b)));
          return [conv(input, weights), ...tf.grads(f)([input, weights])];
        };
        const expected = await onCpu(op);
        read(op).forEach((actual, i) => {
          expect(relativeError(actual, expected[i]), ['forward', 'input gradient', 'filter gradient'][i]).toBeLessThan(
            1e-5,
          );
        });
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    [2, 3],
    [1, 2],
    [3, 1],
  ] as const)('dilates by %i × %i, forward and in both gradients', (...dilations) => {
    const [n, size, channels, kernel] = [2, 11, 6, [3, 2]];
    const x = values(n * size * size * channels, 'x');
    const filter = values(kernel[0] * kernel[1] * channels, 'filter');
    const [y, dx, dw] = read(() => {
      const input = tf.tensor4d(x, [n, size, size, channels]);
      const weights = tf.tensor4d(filter, [kernel[0], kernel[1], channels, 1]);
      const conv = (a: tf.Tensor, b: tf.Tensor) =>
        tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same', 'NHWC', [...dilations]);
      const f = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(conv(a, b)));
      return [conv(input, weights), ...tf.grads(f)([input, weights])];
    });
    const expected = definition(x, filter, { n, size, channels, kernel, dilations });
    expect(relativeError(y, expected.y)).toBeLessThan(1e-5);
    expect(relativeError(dx, expected.dx)).toBeLessThan(1e-5);
    expect(relativeError(dw, expected.dw)).toBeLessThan(1e-5);
  });

  // Rows of more than 6,144 bytes are processed in blocks: the last two sizes have two and three of them.
  it.each([
    [1, 4],
    [2, 8],
    [5, 12],
    [26, 64],
    [25, 128],
  ] as const)('slides over %i × %i channels, forward and in both gradients', (size, channels) => {
    const [n, kernel, dilations] = [2, [3, 3], [1, 1]];
    const x = values(n * size * size * channels, 'x');
    const filter = values(9 * channels, 'filter');
    const [y, dx, dw] = read(() => {
      const input = tf.tensor4d(x, [n, size, size, channels]);
      const weights = tf.tensor4d(filter, [3, 3, channels, 1]);
      const conv = (a: tf.Tensor, b: tf.Tensor) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same');
      const f = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(conv(a, b)));
      return [conv(input, weights), ...tf.grads(f)([input, weights])];
    });
    const expected = definition(x, filter, { n, size, channels, kernel, dilations });
    expect(relativeError(y, expected.y)).toBeLessThan(1e-5);
    expect(relativeError(dx, expected.dx)).toBeLessThan(1e-5);
    expect(relativeError(dw, expected.dw)).toBeLessThan(1e-5);
  });

  it('adds the bias and clamps while it slides', async () => {
    const op = () =>
      tf.fused.depthwiseConv2d({
        x: tf.tensor4d(values(2 * 7 * 30 * 64, 'x'), [2, 7, 30, 64]),
        filter: tf.tensor4d(values(9 * 64, 'filter'), [3, 3, 64, 1]),
        strides: 1,
        pad: 'same',
        bias: tf.tensor1d(values(64, 'bias')),
        activation: 'relu6',
      });
    const [expected] = await onCpu(op);
    expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-5);
  });

  it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const)(
    'has the activation %s',
    async (activation) => {
      const op = () =>
        tf.fused.depthwiseConv2d({
          x: tf.tensor4d(values(2 * 7 * 6 * 5, 'x'), [2, 7, 6, 5]),
          filter: tf.tensor4d(values(45, 'filter'), [3, 3, 5, 1]),
          strides: 2,
          pad: 'same',
          bias: tf.tensor1d(values(5, 'bias')),
          activation,
          leakyreluAlpha: 0.3,
        });
      const [expected] = await onCpu(op);
      expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-5);
    },
  );
});

interface Dilated {
  readonly n: number;
  readonly size: number;
  readonly channels: number;
  readonly kernel: readonly number[];
  readonly dilations: readonly number[];
}

/** Forward and the gradients of Σ y², by the definition, in double precision; padding `same`, stride 1. */
function definition(x: Float32Array, filter: Float32Array, { n, size, channels, kernel, dilations }: Dilated) {
  const pads = kernel.map((k, i) => Math.floor(((k - 1) * dilations[i]) / 2));
  const y = new Float64Array(x.length);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(filter.length);
  const visit = (use: (out: number, source: number, tap: number) => void) => {
    for (let out = 0; out < x.length; out++) {
      const c = out % channels;
      const [i, j, image] = [
        Math.floor(out / channels / size) % size,
        Math.floor(out / channels) % size,
        Math.floor(out / channels / size / size),
      ];
      for (let k = 0; k < kernel[0] * kernel[1]; k++) {
        const iy = i + Math.floor(k / kernel[1]) * dilations[0] - pads[0];
        const ix = j + (k % kernel[1]) * dilations[1] - pads[1];
        if (iy < 0 || ix < 0 || iy >= size || ix >= size) continue;
        use(out, ((image * size + iy) * size + ix) * channels + c, k * channels + c);
      }
    }
  };
  visit((out, source, tap) => {
    y[out] += x[source] * filter[tap];
  });
  visit((out, source, tap) => {
    dx[source] += 2 * y[out] * filter[tap];
    dw[tap] += 2 * y[out] * x[source];
  });
  expect(y.length).toBe(n * size * size * channels);
  return { y: Float32Array.from(y), dx: Float32Array.from(dx), dw: Float32Array.from(dw) };
}
