import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import { read } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

describe('the gradient of mirrorPad', () => {
  it.each([
    // [1 2 3] → [2 1 2 3 2] and [1 1 2 3 3]: what each element is copied to.
    ['reflect', [1, 10, 100, 1000, 2]],
    ['symmetric', [1, 10, 100, 1000, 2]],
  ] as const)('%s adds up the copies of an element', (mode, weights) => {
    const f = (x: tf.Tensor) =>
      tf.sum(tf.mul(tf.mirrorPad(x as tf.Tensor1D, [[1, 1]], mode), tf.tensor1d([...weights])));
    const [gradient] = read(() => tf.grad(f)(tf.tensor1d([1, 2, 3])));
    const [w0, w1, w2, w3, w4] = weights;
    expect([...gradient]).toEqual(mode === 'reflect' ? [w1, w0 + w2 + w4, w3] : [w0 + w1, w2, w3 + w4]);
  });
});

describe('the gradient of resizing', () => {
  it('to the nearest sums over the copies of a pixel', () => {
    const weights = Array.from({ length: 24 }, (_, i) => i);
    const f = (x: tf.Tensor) =>
      tf.sum(tf.mul(tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [4, 6]), tf.tensor4d(weights, [1, 4, 6, 1])));
    const [gradient] = read(() => tf.grad(f)(tf.ones([1, 2, 3, 1])));
    const at = (i: number, j: number) => [0, 1, 6, 7].reduce((sum, k) => sum + 12 * i + 2 * j + k, 0);
    expect([...gradient]).toEqual([at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2)]);
  });

  it('is refused with halfPixelCenters, which tfjs computes wrongly', () => {
    const f = (x: tf.Tensor) => tf.sum(tf.image.resizeBilinear(x as tf.Tensor4D, [3, 3], false, true));
    expect(() => read(() => tf.grad(f)(tf.ones([1, 2, 2, 1])))).toThrow('halfPixelCenters');
  });
});
