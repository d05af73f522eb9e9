import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import { geometryOf } from '../src/kernels/geometry.js';
import { winogradGradientTiles, winogradTiles } from '../src/kernels/winograd.js';
import { conv2d, conv2dGradients, type Numbers } from './float64.js';
import { read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

type Case = readonly [n: number, size: number, channels: number, out: number, pad: 'same' | 'valid'];

function geometry([n, size, channels, out, pad]: Case) {
  const attrs = { strides: 1, pad, dataFormat: 'NHWC', dilations: 1 };
  return geometryOf({ name: 'Conv2D', attrs }, [n, size, size, channels], [3, 3, channels, out])!;
}

const TILES_OF_3: readonly Case[] = [
  [3, 6, 16, 24, 'same'],
  // One tile an image, fewer tiles than a product's rows.
  [13, 3, 20, 40, 'same'],
  [2, 11, 24, 16, 'valid'],
  // Tiles that the image ends inside of.
  [8, 5, 16, 16, 'same'],
  // More tiles than are transformed at a time.
  [530, 3, 16, 16, 'same'],
];

const TILES_OF_4: readonly Case[] = [
  [2, 24, 16, 24, 'same'],
  [2, 22, 24, 16, 'valid'],
  // Tiles that the image ends inside of, by one, two and three pixels.
  [2, 31, 16, 16, 'same'],
  [1, 46, 20, 16, 'same'],
  [3, 29, 16, 32, 'same'],
];

const TILES_OF_6: readonly Case[] = [
  [26, 6, 48, 56, 'same'],
  [6, 12, 68, 64, 'same'],
  // Tiles that the image ends inside of.
  [8, 11, 72, 80, 'same'],
  [3, 19, 64, 40, 'valid'],
  // More tiles than are transformed at a time.
  [260, 6, 32, 32, 'same'],
];

const CASES = [...TILES_OF_3, ...TILES_OF_4, ...TILES_OF_6];

/** The largest errors accepted, forward and of the gradients. */
const LIMITS = { 3: [2e-6, 6e-6], 4: [1e-5, 1e-5], 6: [2e-5, 2e-5] } as const;

const tensor = ({ data, shape }: Numbers) => tf.tensor(Float32Array.from(data), [...shape]);

describe('Winograd filtering', () => {
  it('has the tiles that are fastest for the shape, and none for other windows', () => {
    for (const [side, cases] of [
      [3, TILES_OF_3],
      [4, TILES_OF_4],
      [6, TILES_OF_6],
    ] as const) {
      for (const shape of cases) {
        expect(winogradTiles(geometry(shape)), `${shape}`).toBe(side);
        expect(winogradGradientTiles(geometry(shape)), `${shape}`).toBe(side);
      }
    }
    expect(winogradTiles(geometry([16, 48, 64, 64, 'same']))).toBe(4);
    expect(winogradTiles(geometry([16, 12, 256, 256, 'same']))).toBe(6);
    expect(winogradTiles(geometry([16, 6, 512, 512, 'same']))).toBe(6);
    expect(winogradTiles(geometry([16, 3, 512, 512, 'same']))).toBe(3);
    expect(winogradTiles(geometry([1, 3, 64, 64, 'same']))).toBeUndefined();
    expect(winogradTiles(geometry([16, 6, 3, 64, 'same']))).toBeUndefined();
    expect(winogradTiles({ ...geometry([16, 6, 64, 64, 'same']), strideX: 2 })).toBeUndefined();
  });

  it.each(CASES)('is a convolution: %i images of %i pixels, %i → %i channels, %s', (...shape) => {
    const [n, size, channels, out, pad] = shape;
    const numbers = (at: number[], seed: string, sparse = false) => {
      return { shape: at, data: Float64Array.from(values(tf.util.sizeFromShape(at), seed, sparse)) };
    };
    const x = numbers([n, size, size, channels], 'x', true);
    const w = numbers([3, 3, channels, out], 'w');
    const bias = numbers([out], 'bias');
    const expected = conv2d(x, w, bias, { strides: [1, 1], pad, relu: true });
    const [y] = read(() =>
      tf.fused.conv2d({
        x: tensor(x) as tf.Tensor4D,
        filter: tensor(w) as tf.Tensor4D,
        strides: 1,
        pad,
        bias: tensor(bias),
        activation: 'relu',
      }),
    );
    const [forward, backward] = LIMITS[winogradTiles(geometry(shape))!];
    expect(relativeError(y, Float32Array.from(expected.data))).toBeLessThan(forward);
    const dy = numbers([...expected.shape], 'dy');
    const gradients = conv2dGradients(x, w, dy, { strides: [1, 1], pad });
    const actual = read(() => {
      const loss = (a: tf.Tensor, b: tf.Tensor) =>
        tf.sum(tf.mul(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, pad), tensor(dy)));
      return tf.grads(loss)([tensor(x), tensor(w)]);
    });
    actual.forEach((gradient, i) => {
      expect(relativeError(gradient, Float32Array.from(gradients[i])), ['input', 'filter'][i]).toBeLessThan(backward);
    });
  });
});
