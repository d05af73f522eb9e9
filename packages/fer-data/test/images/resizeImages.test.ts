import { Random } from 'fer-core';
import { resizeImages, syntheticFaces } from 'fer-data';
import { describe, expect, it } from 'vitest';

describe('resizeImages', () => {
  it('gives what Pillow gives, to the level that it rounds between its passes', () => {
    // numpy.asarray(Image.fromarray(pattern).resize((width, height), Image.LANCZOS)), Pillow 9.4.
    const pattern = Uint8Array.from({ length: 63 }, (_, at) => {
      const [i, j] = [Math.floor(at / 9), at % 9];
      return (i * 37 + j * 91 + ((i * j) % 17) * 9) % 256;
    });
    const images = { images: pattern, n: 1, height: 7, width: 9, channels: 1 };
    const smaller = [68, 142, 105, 111, 162, 131, 139, 168, 140, 114, 123, 106, 111, 165, 145, 141, 108, 128, 71, 122];
    const largerRow = [0, 30, 126, 175, 68, 6, 103, 219, 156, 20, 66, 186, 242];
    const near = (actual: ArrayLike<number>, expected: readonly number[]) =>
      expected.forEach((value, i) => {
        expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(1);
      });
    near(resizeImages(images, { height: 4, width: 5 }).images, smaller);
    near(resizeImages(images, { height: 11, width: 13 }).images, largerRow);
    const face = syntheticFaces({ n: 1, seed: 3 });
    expect(resizeImages(face, { height: 31, width: 20 })).toMatchObject({ height: 31, width: 20, labels: face.labels });
  });

  it('greys by luma, and makes grey RGB', () => {
    const random = new Random('resize');
    const images = Uint8Array.from({ length: 2 * 4 * 4 * 3 }, () => random.int(256));
    const colour = { images, n: 2, height: 4, width: 4, channels: 3 };
    const grey = resizeImages(colour, { height: 4, width: 4 });
    grey.images.forEach((value, i) => {
      const [r, g, b] = images.subarray(3 * i, 3 * i + 3);
      expect(Math.abs(value - (0.299 * r + 0.587 * g + 0.114 * b))).toBeLessThanOrEqual(0.6);
    });
    const back = resizeImages(grey, { height: 4, width: 4, channels: 3 });
    expect(Array.from(back.images)).toEqual(Array.from(grey.images).flatMap((value) => [value, value, value]));
  });

  it('leaves images of the right size as they are, and refuses the rest', () => {
    const face = syntheticFaces({ n: 1, seed: 3 });
    expect(resizeImages(face)).toBe(face);
    expect(() => resizeImages(face, { height: 0 })).toThrow('height is 0');
    expect(() => resizeImages({ ...face, channels: 2, width: 24 })).toThrow('2 channels');
    expect(() => resizeImages({ ...face, n: 2 })).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
  });
});
