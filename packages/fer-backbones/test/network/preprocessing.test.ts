import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';

beforeAll(() => tf.setBackend('cpu'));

const data = patches(3, 12);
const shape = { height: 12, width: 12, channels: 1 };

describe('toTensor', () => {
  it('scales pixels to 0..1, of the rows asked for', () => {
    const x = toTensor(data, [1, 3], { ...shape, values: 'scale' });
    expect(x.shape).toEqual([2, 12, 12, 1]);
    expect(x.dataSync()[5]).toBe(Math.fround(data.images[144 + 5] / 255));
  });

  it('standardises each image by itself', () => {
    const values = Float32Array.from(toTensor(data, [0, 3], { ...shape, values: 'standardise' }).dataSync());
    for (let i = 0; i < 3; i++) {
      const image = values.subarray(i * 144, (i + 1) * 144);
      const mean = image.reduce((a, b) => a + b, 0) / 144;
      expect(mean).toBeCloseTo(0, 5);
      expect(image.reduce((a, b) => a + (b - mean) ** 2, 0) / 144).toBeCloseTo(1, 5);
    }
  });

  it('makes zeros of a constant image', () => {
    const grey = { ...data, images: new Uint8Array(data.images.length).fill(77) };
    expect(toTensor(grey, [0, 1], { ...shape, values: 'standardise' }).dataSync()).toEqual(new Float32Array(144));
  });

  it('refuses images of another size', () => {
    expect(() => toTensor(data, [0, 1], { ...shape, height: 48, width: 48, values: 'scale' })).toThrow(
      'images are 12×12×1, the backbone takes 48×48×1',
    );
  });
});
