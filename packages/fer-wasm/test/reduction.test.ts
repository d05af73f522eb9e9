import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

describe('sum', () => {
  it.each([
    [[3, 4, 5], [0, 1], false],
    [[300, 7], [0], true],
    [[3, 4, 5], [2], false],
    [[3, 4, 5], [0, 2], true],
    [[6], [0], false],
  ] as const)('of %j over axes %j agrees with the cpu backend', async (shape, axes, keepDims) => {
    const op = () =>
      tf.sum(
        tf.tensor(
          values(
            shape.reduce((a, b) => a * b, 1),
            'x',
          ),
          [...shape],
        ),
        [...axes],
        keepDims,
      );
    const [expected] = await onCpu(op);
    expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-6);
    expect(tf.tidy(() => op().shape)).toEqual(
      shape.flatMap((size, i) => (axes.some((a) => a === i) ? (keepDims ? [1] : []) : [size])),
    );
  });

  it('loses no digit over many rows', () => {
    const x = values(200_000, 'long').map((v) => v + 10);
    const exact = x.reduce((a, b) => a + b, 0);
    const [sum] = read(() => tf.sum(tf.tensor2d(x, [200_000, 1]), 0));
    expect(Math.abs(sum[0] - exact) / exact).toBeLessThan(1e-6);
  });
});

describe('unsortedSegmentSum', () => {
  it('agrees with the cpu backend, segments without rows and rows without a segment included', async () => {
    const op = () =>
      tf.unsortedSegmentSum(tf.tensor(values(60, 'x'), [5, 3, 4]), tf.tensor1d([2, 0, 2, 4, 0], 'int32'), 6);
    const [expected] = await onCpu(op);
    expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-6);
    const dropped = tf.unsortedSegmentSum(tf.ones([3, 2]), tf.tensor1d([0, -1, 5], 'int32'), 2);
    expect([...dropped.dataSync()]).toEqual([1, 1, 0, 0]);
  });

  it('gives gather its gradient', () => {
    const [gradient] = read(() =>
      tf.grad((x) => tf.sum(tf.gather(x, tf.tensor1d([1, 1, 0], 'int32'))))(tf.ones([3, 2])),
    );
    expect([...gradient]).toEqual([1, 1, 2, 2, 0, 0]);
  });
});
