import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkPreprocessing, type Preprocessing, toTensor } from '../../src/network/preprocessing.js';
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

  it('scales and shifts pixels, by one number or one per channel', () => {
    const grey = toTensor(data, [0, 1], { ...shape, values: { scale: 1 / 127.5, offset: -1 } }).dataSync();
    expect(grey[7]).toBeCloseTo(data.images[7] / 127.5 - 1, 6);
    const colour = { images: Uint8Array.of(10, 20, 30, 40, 50, 60), n: 1, height: 1, width: 2, channels: 3 };
    const values = { scale: [1, 2, 0.5], offset: [-103.939, -116.779, 0] };
    const made = toTensor(colour, [0, 1], { height: 1, width: 2, channels: 3, values }).dataSync();
    [-93.939, -76.779, 15, -63.939, -16.779, 30].forEach((value, i) => {
      expect(made[i]).toBeCloseTo(value, 4);
    });
  });
});

describe('adapt', () => {
  // F.interpolate(x, size, mode='bilinear', antialias=True) of PyTorch 1.13 in float64, after repeating grey or weighing
  // RGB by 0.299, 0.587, 0.114; of the bytes (7 i² + 13 i) mod 256.
  it.each([
    [
      [5, 7, 1],
      [4, 4, 1],
      [
        38, 74.18, 161.58, 139.1429, 119.0079, 154.4, 177.4, 158.5635, 86.619, 187.58, 176.0467, 173.2857, 141.9762,
        119.96, 165.2, 110.1667,
      ],
    ],
    [
      [9, 6, 3],
      [4, 4, 1],
      [
        117.678, 135.5677, 128.5495, 137.4057, 136.425, 152.9743, 109.7853, 119.8091, 96.4749, 120.4933, 107.4677,
        142.6185, 120.3605, 120.5463, 131.7591, 139.7257,
      ],
    ],
    [
      [3, 3, 1],
      [5, 4, 3],
      [
        0, 12.5, 32.75, 54, 40.8, 63.8, 96.65, 128.4, 102, 140.75, 192.5, 240, 85.2, 139.7, 152.75, 120, 74, 139,
        126.25, 40,
      ].flatMap((value) => [value, value, value]),
    ],
  ] as const)('is what PyTorch makes of %j as %j', ([height, width, channels], [h, w, c], expected) => {
    const bytes = Uint8Array.from({ length: height * width * channels }, (_, i) => (7 * i * i + 13 * i) % 256);
    const two = Uint8Array.of(...bytes, ...bytes);
    const made = toTensor({ images: two, n: 2, height, width, channels }, [1, 2], {
      height: h,
      width: w,
      channels: c,
      values: { scale: 1 },
      adapt: true,
    });
    expect(made.shape).toEqual([1, h, w, c]);
    const values = made.dataSync();
    expect(values).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 3);
    });
  });
});

describe('checkPreprocessing', () => {
  it.each([
    [{ values: 'none' }, /values is "none": it must be 'scale', 'standardise' or/],
    [{ values: undefined }, /values is undefined/],
    [{ values: { scale: Number.NaN } }, /values.scale is NaN/],
    [{ values: { scale: 1, ofset: 3 } }, /unknown property ofset/],
    [{ values: { offset: 1 } }, /values.scale is undefined/],
    [{ values: { scale: 0, offset: 1 } }, /values.scale is 0/],
    [{ values: { scale: [1, 2] } }, /has 2 numbers for 1 channels/],
    [{ values: 'scale', height: 0 }, /height is 0/],
    [{ values: 'scale', adapt: 'yes' }, /adapt is "yes"/],
    [{ values: 'scale', channels: 2, adapt: true }, /grey or RGB, not 2/],
  ])('refuses %j', (given, message) => {
    const check = () => checkPreprocessing({ ...shape, ...given } as Preprocessing);
    expect(check).toThrow(message);
    expect(check).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
