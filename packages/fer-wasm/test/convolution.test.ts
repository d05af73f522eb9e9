import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { useWasm } from '../src/index.js';
import { KernelPool } from '../src/pool.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

const geometry = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 13 }),
    width: fc.integer({ min: 1, max: 13 }),
    channels: fc.integer({ min: 1, max: 10 }),
    out: fc.integer({ min: 1, max: 18 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pad: fc.constantFrom('valid' as const, 'same' as const, 1),
  })
  .filter(({ height, width, kernel, pad }) => pad === 'same' || (kernel[0] <= height && kernel[1] <= width))
  .filter(({ kernel, pad }) => pad !== 1 || (kernel[0] > 1 && kernel[1] > 1));

describe('convolution', () => {
  it('agrees with the cpu backend, forward and in both gradients', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ n, height, width, channels, out, kernel, strides, pad }) => {
        const x = values(n * height * width * channels, 'x', true);
        const filter = values(kernel[0] * kernel[1] * channels * out, 'filter');
        const op = () => {
          const input = tf.tensor4d(x, [n, height, width, channels]);
          const weights = tf.tensor4d(filter, [...kernel, channels, out]);
          const f = (a: tf.Tensor4D, b: tf.Tensor4D) =>
            tf.sum(tf.square(tf.conv2d(a, b, strides, pad, 'NHWC', 1, pad === 1 ? 'floor' : undefined)));
          return [
            tf.conv2d(input, weights, strides, pad, 'NHWC', 1, pad === 1 ? 'floor' : undefined),
            ...tf.grads(f as (...args: tf.Tensor[]) => tf.Tensor)([input, weights]),
          ];
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

  it('does the shapes of ShallowCNN and VGG', async () => {
    for (const [height, channels, out, pad] of [
      [23, 32, 32, 'valid'],
      [9, 64, 128, 'valid'],
      [6, 48, 96, 'same'],
      [3, 160, 24, 'same'],
      // Winograd's filtering forward, but not for the gradient of the filter: 20 is no multiple of 8.
      [12, 32, 20, 'same'],
    ] as const) {
      const x = values(2 * height * height * channels, 'x', true);
      const filter = values(9 * channels * out, 'filter');
      const op = () => {
        const input = tf.tensor4d(x, [2, height, height, channels]);
        const weights = tf.tensor4d(filter, [3, 3, channels, out]);
        const f = (a: tf.Tensor, b: tf.Tensor) =>
          tf.sum(tf.square(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, pad)));
        return [tf.conv2d(input, weights, 1, pad), ...tf.grads(f)([input, weights])];
      };
      const expected = await onCpu(op);
      read(op).forEach((actual, i) => {
        expect(relativeError(actual, expected[i])).toBeLessThan(1e-5);
      });
    }
  });

  it.each([
    { n: 2, size: 3, channels: 64, out: 40, kernel: 3, stride: 1, dilation: 1 },
    { n: 1, size: 6, channels: 32, out: 20, kernel: 3, stride: 1, dilation: 1 },
    { n: 3, size: 4, channels: 33, out: 9, kernel: 3, stride: 2, dilation: 1 },
    { n: 2, size: 5, channels: 36, out: 16, kernel: 5, stride: 1, dilation: 1 },
    { n: 1, size: 5, channels: 32, out: 8, kernel: 3, stride: 1, dilation: 2 },
  ])(
    'leaves out the padding of small images, to the same bits: %o',
    ({ n, size, channels, out, kernel, stride, dilation }) => {
      const runs = vi.spyOn(KernelPool.prototype, 'run');
      try {
        const [y, padded] = read(() => {
          const x = tf.tensor4d(values(n * size * size * channels, 'x', true), [n, size, size, channels]);
          const filter = tf.tensor4d(values(kernel * kernel * channels * out, 'w'), [kernel, kernel, channels, out]);
          const rest = {
            filter,
            dilations: dilation,
            bias: tf.tensor1d(values(out, 'bias')),
            activation: 'relu',
          } as const;
          const { padInfo } = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, stride, dilation, 'same');
          const { top, bottom, left, right } = padInfo;
          const byHand = tf.pad(x, [
            [0, 0],
            [top, bottom],
            [left, right],
            [0, 0],
          ]);
          return [
            tf.fused.conv2d({ x, strides: stride, pad: 'same', ...rest }),
            tf.fused.conv2d({ x: byHand, strides: stride, pad: 'valid', ...rest }),
          ];
        });
        const names = runs.mock.calls.map(([name]) => name).filter((name) => name.startsWith('conv'));
        expect(names).toEqual(['convByTaps', 'conv']);
        expect(y.some((value) => value > 0)).toBe(true);
        expect(y).toEqual(padded);
      } finally {
        runs.mockRestore();
      }
    },
  );

  it('has room for the lines that strides skip', async () => {
    const x = values(2 * 9 * 3 * 5, 'x');
    const op = () => {
      const f = (a: tf.Tensor, b: tf.Tensor) =>
        tf.sum(tf.square(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [4, 3], 'same')));
      return tf.grads(f)([tf.tensor4d(x, [2, 9, 3, 5]), tf.tensor4d(values(40, 'filter'), [1, 4, 5, 2])]);
    };
    const expected = await onCpu(op);
    read(op).forEach((actual, i) => {
      expect(relativeError(actual, expected[i])).toBeLessThan(1e-5);
    });
  });

  it.each([
    [2, 3],
    [1, 2],
    [3, 1],
  ] as const)('dilates by %i × %i, forward and in both gradients', async (...dilations) => {
    const x = values(2 * 10 * 10 * 3, 'x');
    const filter = values(3 * 2 * 3 * 7, 'filter');
    const op = () => {
      const input = tf.tensor4d(x, [2, 10, 10, 3]);
      const weights = tf.tensor4d(filter, [3, 2, 3, 7]);
      const conv = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'valid', 'NHWC', [...dilations]);
      const y = conv(input, weights);
      const dy = tf.tensor(values(y.size, 'dy'), y.shape);
      // tfjs refuses dilated convolutions in its own gradient functions.
      const attrs = { strides: 1, pad: 'valid', dataFormat: 'NHWC', dilations: [...dilations] };
      const kernel = (name: string, inputs: tf.NamedTensorMap, shape: object) =>
        tf.engine().runKernel(name, inputs, { ...attrs, ...shape }) as tf.Tensor;
      if (tf.getBackend() === 'cpu') return [y, ...naiveGradients(x, filter, dy.dataSync() as Float32Array, dilations)];
      return [
        y,
        kernel('Conv2DBackpropInput', { dy, filter: weights }, { inputShape: input.shape }),
        kernel('Conv2DBackpropFilter', { x: input, dy }, { filterShape: weights.shape }),
      ];
    };
    const expected = await onCpu(op);
    read(op).forEach((actual, i) => {
      expect(relativeError(actual, expected[i]), ['forward', 'input gradient', 'filter gradient'][i]).toBeLessThan(
        1e-5,
      );
    });
  });

  it('keeps NaN inside the windows that see it', () => {
    const x = new Float32Array(36).fill(1);
    x[0] = Number.NaN;
    const [y] = read(() => tf.conv2d(tf.tensor4d(x, [1, 6, 6, 1]), tf.ones([3, 3, 1, 1]) as tf.Tensor4D, 1, 'valid'));
    expect([...y].map(Number.isNaN)).toEqual([true, ...Array(15).fill(false)]);
    expect(y[1]).toBe(9);
  });

  it('keeps infinity inside the windows that see it', () => {
    const x = new Float32Array(36).fill(1);
    x[35] = Number.NEGATIVE_INFINITY;
    const [y] = read(() => tf.conv2d(tf.tensor4d(x, [1, 6, 6, 1]), tf.ones([3, 3, 1, 1]) as tf.Tensor4D, 1, 'valid'));
    expect([...y]).toEqual([...Array(15).fill(9), Number.NEGATIVE_INFINITY]);
  });

  it('by Winograd lets NaN and infinity be seen, if by the whole tile', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const x = new Float32Array(8 * 8 * 16).fill(1);
      x[0] = value;
      const [y] = read(() =>
        tf.conv2d(tf.tensor4d(x, [1, 8, 8, 16]), tf.ones([3, 3, 16, 24]) as tf.Tensor4D, 1, 'same'),
      );
      expect(Number.isFinite(y[0])).toBe(false);
      // The last tile doesn't see it: a corner of 2×2 windows, and one of all 3×3.
      expect(y.at(-1)).toBeCloseTo(64, 3);
      expect(y[(6 * 8 + 6) * 24]).toBeCloseTo(144, 3);
    }
  });
});

/** Both gradients of a dilated 3×2 convolution of [2, 10, 10, 3] into 7 channels, by the definition in float64. */
function naiveGradients(
  x: Float32Array,
  filter: Float32Array,
  dy: Float32Array,
  [dilationY, dilationX]: readonly [number, number],
) {
  const [oh, ow] = [10 - 2 * dilationY, 10 - dilationX];
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(filter.length);
  for (let n = 0; n < 2; n++)
    for (let y = 0; y < oh; y++)
      for (let z = 0; z < ow; z++)
        for (let o = 0; o < 7; o++)
          for (let i = 0; i < 3; i++)
            for (let j = 0; j < 2; j++)
              for (let c = 0; c < 3; c++) {
                const at = ((n * 10 + y + i * dilationY) * 10 + z + j * dilationX) * 3 + c;
                const tap = ((i * 2 + j) * 3 + c) * 7 + o;
                const gradient = dy[((n * oh + y) * ow + z) * 7 + o];
                dx[at] += filter[tap] * gradient;
                dw[tap] += x[at] * gradient;
              }
  return [tf.tensor1d(Float32Array.from(dx)), tf.tensor1d(Float32Array.from(dw))];
}

describe('fused convolution', () => {
  it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const)(
    'has the activation %s at any stride and padding',
    async (activation) => {
      for (const [size, stride, pad] of [
        [7, 2, 'same'],
        [8, 3, 'same'],
        [9, 2, 'valid'],
        [9, 1, 'same'],
      ] as const) {
        const op = () =>
          tf.fused.conv2d({
            x: tf.tensor4d(values(2 * size * size * 3, 'x'), [2, size, size, 3]),
            filter: tf.tensor4d(values(9 * 3 * 6, 'filter'), [3, 3, 3, 6]),
            strides: stride,
            pad,
            bias: tf.tensor1d(values(6, 'bias')),
            activation,
            preluActivationWeights: activation === 'prelu' ? tf.tensor1d(values(6, 'alpha')) : undefined,
            leakyreluAlpha: 0.3,
          });
        const [expected] = await onCpu(op);
        expect(relativeError(read(op)[0], expected), `${size}, ${stride}, ${pad}`).toBeLessThan(1e-5);
      }
    },
  );

  it('frees what it computes on the way', () => {
    const { backend } = tf.engine();
    const before = backend.numDataIds();
    read(() =>
      tf.fused.conv2d({
        x: tf.ones([1, 6, 6, 2]) as tf.Tensor4D,
        filter: tf.ones([3, 3, 2, 4]) as tf.Tensor4D,
        strides: 2,
        pad: 'same',
        bias: tf.ones([4]),
        activation: 'sigmoid',
      }),
    );
    expect(backend.numDataIds()).toBe(before);
  });
});

describe('convolutions that have no output', () => {
  it.each([
    ['an image smaller than the window', [1, 2, 2, 1], [3, 3, 1, 1], 'valid'],
    ['a padding that tfjs applies to the height alone', [1, 6, 1, 1], [4, 1, 1, 1], 0],
  ] as const)('are refused: %s', (_, shape, filter, pad) => {
    const conv = () =>
      read(
        () =>
          tf
            .engine()
            .runKernel(
              'Conv2D',
              { x: tf.ones([...shape]), filter: tf.ones([...filter]) },
              { strides: [1, 1], pad, dataFormat: 'NHWC', dilations: [1, 1] },
            ) as tf.Tensor,
      );
    expect(conv).toThrow(/Conv2D: a window of .* gives an output of/);
    // The process goes on.
    expect([
      ...read(() => tf.conv2d(tf.ones<tf.Rank.R4>([1, 2, 2, 1]), tf.ones<tf.Rank.R4>([2, 2, 1, 1]), 1, 'valid'))[0],
    ]).toEqual([4]);
  });

  it('are refused in the gradients and the other kernels with windows', () => {
    const attrs = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1] };
    const pool = { filterSize: [3, 3], strides: [1, 1], pad: 'valid' };
    const [small, window] = [() => tf.ones([1, 2, 2, 1]), () => tf.ones([3, 3, 1, 1])];
    const calls: [string, () => tf.NamedTensorMap, object][] = [
      ['Conv2DBackpropInput', () => ({ dy: small(), filter: window() }), { ...attrs, inputShape: [1, 2, 2, 1] }],
      ['Conv2DBackpropFilter', () => ({ x: small(), dy: small() }), { ...attrs, filterShape: [3, 3, 1, 1] }],
      ['DepthwiseConv2dNative', () => ({ x: small(), filter: window() }), attrs],
      [
        'DepthwiseConv2dNativeBackpropInput',
        () => ({ dy: small(), filter: window() }),
        { ...attrs, inputShape: [1, 2, 2, 1] },
      ],
      [
        'DepthwiseConv2dNativeBackpropFilter',
        () => ({ x: small(), dy: small() }),
        { ...attrs, filterShape: [3, 3, 1, 1] },
      ],
      ['MaxPool', () => ({ x: small() }), pool],
      ['AvgPool', () => ({ x: small() }), pool],
      ['MaxPoolGrad', () => ({ dy: small(), input: small(), output: small() }), pool],
      ['AvgPoolGrad', () => ({ dy: small(), input: small() }), pool],
    ];
    for (const [name, inputs, options] of calls) {
      const run = () => read(() => tf.engine().runKernel(name, inputs(), options as tf.NamedAttrMap) as tf.Tensor);
      expect(run, name).toThrow('gives an output of');
    }
  });

  it('refuse a gradient of another shape, and other channels', () => {
    const attrs = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1] };
    const run = (name: string, inputs: tf.NamedTensorMap, options: object) => () =>
      tf.tidy(() => tf.engine().runKernel(name, inputs, { ...attrs, ...options }));
    const [x, dy, filter] = [tf.ones([1, 6, 6, 2]), tf.ones([1, 5, 5, 3]), tf.ones([3, 3, 2, 3])];
    expect(run('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape })).toThrow('dy has the shape [1,5,5,3]');
    expect(run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape })).toThrow('dy has the shape');
    expect(run('Conv2D', { x: dy, filter }, {})).toThrow('the image has 3 channels and the filter takes 2');
    tf.dispose([x, dy, filter]);
  });
});
