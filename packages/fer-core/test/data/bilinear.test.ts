import { Random, resizeBilinear, warpAffine } from 'fer-core';
import { describe, expect, it } from 'vitest';

describe('resizeBilinear', () => {
  const map = Float32Array.of(1, 2, 4, 8, 16, 32);

  it('is that of torch.nn.functional.interpolate with align_corners=False', () => {
    const expected = [
      1.0, 1.4, 2.0, 3.2, 4.0, 2.75, 3.85, 5.5, 8.8, 11.0, 6.25, 8.75, 12.5, 20.0, 25.0, 8.0, 11.2, 16.0, 25.6, 32.0,
    ];
    resizeBilinear(map, [2, 3], [4, 5]).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
    expect([...resizeBilinear(map, [2, 3], [1, 2])]).toEqual([5.625, 15.75]);
  });

  it('leaves a map of the same size as it is', () => {
    expect(resizeBilinear(map, [2, 3], [2, 3])).toEqual(map);
  });

  it('resizes each channel by itself', () => {
    const two = Float32Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? map[i >> 1] : 100 - map[i >> 1]));
    const resized = resizeBilinear(two, [2, 3], [4, 5], 2);
    const one = resizeBilinear(map, [2, 3], [4, 5]);
    one.forEach((value, i) => {
      expect(resized[2 * i]).toBeCloseTo(value, 4);
      expect(resized[2 * i + 1]).toBeCloseTo(100 - value, 4);
    });
  });
});

describe('warpAffine', () => {
  const images = { images: Uint8Array.of(0, 10, 20, 30, 40, 50), n: 1, height: 2, width: 3, channels: 1 };

  it('is the float64 formula, rounded, in a size of its own', () => {
    const random = new Random('warp');
    for (let trial = 0; trial < 30; trial++) {
      const [height, width, channels] = [1 + random.int(6), 1 + random.int(6), trial % 2 ? 3 : 1];
      const pixels = Uint8Array.from({ length: 2 * height * width * channels }, () => random.int(256));
      const matrices = [0, 1].map(() =>
        Array.from({ length: 6 }, (_, i) => random.between(-2, 2) * (i % 3 === 2 ? 2 : 1)),
      );
      const to = { height: 1 + random.int(5), width: 1 + random.int(5) };
      const batch = { images: pixels, n: 2, height, width, channels };
      const warped = warpAffine(batch, (i) => matrices[i], to);
      expect(warped).toMatchObject({ n: 2, channels, ...to });
      const inside = (index: number, n: number) => Math.min(n - 1, Math.max(0, index));
      matrices.forEach((m, i) => {
        for (let y = 0; y < to.height; y++) {
          for (let x = 0; x < to.width; x++) {
            const [sx, sy] = [m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]];
            for (let c = 0; c < channels; c++) {
              let value = 0;
              for (const [dy, dx] of [
                [0, 0],
                [0, 1],
                [1, 0],
                [1, 1],
              ]) {
                const [row, column] = [Math.floor(sy) + dy, Math.floor(sx) + dx];
                const weight = (1 - Math.abs(sx - column)) * (1 - Math.abs(sy - row));
                value +=
                  weight * pixels[((i * height + inside(row, height)) * width + inside(column, width)) * channels + c];
              }
              const got = warped.images[((i * to.height + y) * to.width + x) * channels + c];
              expect(Math.abs(got - value)).toBeLessThanOrEqual(0.5 + 1e-4);
            }
          }
        }
      });
    }
  });

  it('fills what lies outside', () => {
    expect([...warpAffine(images, () => [1, 0, -2, 0, 1, 0], { fill: 7 }).images]).toEqual([7, 7, 0, 7, 7, 30]);
    expect([...warpAffine(images, () => [1, 0, 1, 0, 1, 0]).images]).toEqual([10, 20, 20, 40, 50, 50]);
  });

  it('copies and mirrors exactly', () => {
    expect(warpAffine(images, () => [1, 0, 0, 0, 1, 0]).images).toEqual(images.images);
    expect([...warpAffine(images, () => [-1, 0, 2, 0, 1, 0]).images]).toEqual([20, 10, 0, 50, 40, 30]);
  });

  it('takes a smaller part of the image without going on past it', () => {
    // The identity in another size is a crop: its upright matrix must not copy the whole image.
    expect([...warpAffine(images, () => [1, 0, 0, 0, 1, 0], { height: 1, width: 2 }).images]).toEqual([0, 10]);
  });

  it('refuses sizes that are none', () => {
    for (const size of [{ height: 0 }, { width: 1.5 }]) {
      expect(() => warpAffine(images, () => [1, 0, 0, 0, 1, 0], size)).toThrow(/whole numbers from 1/);
    }
  });
});
