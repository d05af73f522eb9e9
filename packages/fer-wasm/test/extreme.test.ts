import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import { read } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

describe('the gradient of max and min', () => {
  it('is shared evenly by equal elements', () => {
    const x = () => tf.tensor2d([3, 1, 3, 3, 2, 5], [2, 3]);
    const gradient = (f: (x: tf.Tensor) => tf.Tensor) => [...read(() => tf.grad((a) => tf.sum(f(a)))(x()))[0]];
    expect(gradient((a) => tf.max(a, 1))).toEqual([0.5, 0, 0.5, 0, 0, 1]);
    expect(gradient((a) => tf.max(a, 0, true))).toEqual(
      [0.5, 0, 0, 0.5, 1, 1].map((v, i) => (i === 2 ? 0 : i === 4 ? 1 : v)),
    );
    expect(gradient((a) => tf.min(a, 1))).toEqual([0, 1, 0, 0, 1, 0]);
    const third = Math.fround(1 / 3);
    const all = [...read(() => tf.grad((a) => tf.max(a))(tf.ones([3])))[0]];
    for (const value of all) expect(value).toBeCloseTo(third, 6);
  });
});
