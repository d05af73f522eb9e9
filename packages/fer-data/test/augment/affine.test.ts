import { type Fill, Random, resampleAffine } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { type AffineChange, affineMatrix } from '../../src/augment/affine.js';
import { KERAS } from './kerasAffine.js';
import { referenceAffine } from './referenceAffine.js';

const STILL: AffineChange = { rotation: 0, shiftX: 0, shiftY: 0, shear: 0, zoomX: 1, zoomY: 1, mirrored: false };

function apply(image: Uint8Array, height: number, width: number, change: AffineChange, fill: Fill): Float32Array {
  const matrix = new Float64Array(6);
  affineMatrix(matrix, change, height, width);
  const channels = image.length / height / width;
  const target = new Float32Array(image.length);
  // Noise around the image: reading past its edges would show.
  const source = Uint8Array.from({ length: 3 * image.length }, (_, i) => (i * 151) % 256);
  source.set(image, image.length);
  const middle = source.subarray(image.length, 2 * image.length);
  resampleAffine(target, { height, width }, middle, { height, width, channels }, matrix, fill);
  return target;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), Math.abs(a.length - b.length));
}

describe('resampleAffine', () => {
  it.each([
    ['nearest', KERAS.nearest],
    ['reflect', KERAS.reflect],
    ['wrap', KERAS.wrap],
    [100, KERAS.constant],
  ] as const)('gives what Keras and scipy give, filled by %s', (fill, expected) => {
    const image = Uint8Array.from({ length: 49 }, (_, k) => (37 * k * k + 91 * k) % 256);
    const change = { rotation: 20, shiftX: 1.3, shiftY: -0.8, shear: 12, zoomX: 0.9, zoomY: 1.15, mirrored: true };
    expect(largestDifference(apply(image, 7, 7, change, fill), expected)).toBeLessThan(0.0501);
  });

  it.each(['nearest', 'reflect', 'wrap', 37] as const)('agrees with a float64 reference, filled by %s', (fill) => {
    const random = new Random('affine');
    for (let trial = 0; trial < 40; trial++) {
      const [height, width, channels] = [1 + random.int(12), 1 + random.int(12), random.int(2) === 0 ? 1 : 3];
      const image = Uint8Array.from({ length: height * width * channels }, () => random.int(256));
      const change = {
        rotation: random.between(-180, 180),
        shiftX: random.between(-width, width),
        shiftY: random.between(-height, height),
        shear: random.between(-60, 60),
        zoomX: random.between(0.3, 2),
        zoomY: random.between(0.3, 2),
        mirrored: random.uniform() < 0.5,
      };
      const expected = referenceAffine(image, { height, width, channels }, change, fill);
      expect(largestDifference(apply(image, height, width, change, fill), expected)).toBeLessThan(1e-3);
    }
  });

  it('leaves images as they are, mirrors them and turns them by quarters exactly', () => {
    const image = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const fill of ['nearest', 0] as const) {
      const exact = (change: Partial<AffineChange>) =>
        Array.from(apply(image, 3, 3, { ...STILL, ...change }, fill), (v) => Math.round(v * 1e4) / 1e4);
      expect(exact({})).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(exact({ mirrored: true })).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7]);
      expect(exact({ rotation: 90 })).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
      expect(exact({ rotation: 180 })).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    }
  });

  it('shifts to the left and up, and fills behind', () => {
    const image = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const shifted = (fill: Fill) => Array.from(apply(image, 3, 3, { ...STILL, shiftX: 1, shiftY: 2 }, fill));
    expect(shifted('nearest')).toEqual([8, 9, 9, 8, 9, 9, 8, 9, 9]);
    expect(shifted('reflect')).toEqual([8, 9, 9, 8, 9, 9, 5, 6, 6]);
    expect(shifted('wrap')).toEqual([8, 9, 7, 2, 3, 1, 5, 6, 4]);
    expect(shifted(50)).toEqual([8, 9, 50, 50, 50, 50, 50, 50, 50]);
  });
});
