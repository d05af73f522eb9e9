import { type Images, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import {
  CORRUPTIONS,
  gaussianBlur,
  gaussianNoise,
  jpegLoss,
  lowLight,
  occlusion,
  rotation,
  shift,
} from '../../src/index.js';
// Made by `python3 test/reference/corruptions.py` with Pillow 9.4 and scipy 1.10.1.
import reference from '../reference/corruptions.json' with { type: 'json' };

type Pixel = (y: number, x: number, channel: number) => number;

function draw(height: number, width: number, channels: number, pixel: Pixel, n = 1): Images {
  const size = height * width * channels;
  const images = Uint8Array.from({ length: n * size }, (_, at) => {
    const i = at % size;
    return pixel(Math.floor(i / channels / width), Math.floor(i / channels) % width, i % channels);
  });
  return { images, n, height, width, channels };
}
// As in the Python file; bytes wrap around by themselves.
const busy: Pixel = (y, x, k) => x * x + 3 * y * (k + 1) + x * y;
const bowl: Pixel = (y, x, k) => (x - 7) ** 2 + (y - 6 + k) ** 2 + 20 * k;

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

describe('blur', () => {
  it.each(reference.blur)('is scipy’s gaussian_filter, rounded (σ $sigma)', ({ sigma, values }) => {
    const { images } = gaussianBlur(draw(10, 14, 1, busy), sigma);
    expect(largest(images, values)).toBeLessThanOrEqual(0.5 + 1e-9);
  });

  it('treats colours apart', () => {
    const [grey, rgb] = [1, 3].map((channels) =>
      gaussianBlur(
        draw(10, 14, channels, (y, x) => busy(y, x, 0)),
        0.1,
      ),
    );
    for (let i = 0; i < rgb.images.length; i++) expect(rgb.images[i]).toBe(grey.images[Math.floor(i / 3)]);
  });
});

describe('JPEG', () => {
  it.each(reference.jpeg)('is what libjpeg leaves, $size at quality $quality', ({ size, quality, bytes }) => {
    const [height, width, channels] = size;
    const picture = draw(height, width, channels, bowl);
    const { images } = jpegLoss(picture, quality);
    // libjpeg computes its transforms in whole numbers, which may turn a rounding.
    expect(largest(images, bytes)).toBeLessThanOrEqual(channels === 1 ? 2 : 3);
    const off = images.reduce((sum, value, i) => sum + Math.abs(value - bytes[i]), 0) / images.length;
    expect(off).toBeLessThan(quality < 90 ? 0.3 : 0.7);
    if (quality < 90) expect(largest(images, picture.images)).toBeGreaterThan(5);
  });

  it('is the quantised transform of T.81, summed as its formula stands', () => {
    const picture = draw(8, 8, 1, busy);
    const c = (u: number) => (u === 0 ? Math.SQRT1_2 : 1);
    const cos = (x: number, u: number) => Math.cos(((2 * x + 1) * u * Math.PI) / 16);
    const eight = Array.from({ length: 8 }, (_, i) => i);
    const sum = (f: (a: number, b: number) => number) =>
      eight.flatMap((a) => eight.map((b) => f(a, b))).reduce((a, b) => a + b);
    // First row and column of table K.1; quality 50 takes the table as it is.
    const steps = new Map([
      ['0,0', 16],
      ['1,0', 12],
      ['0,1', 11],
      ['7,7', 99],
    ]);
    const left = jpegLoss(picture, 50);
    for (const [key, step] of steps) {
      const [v, u] = key.split(',').map(Number);
      const coefficient = ({ images }: Images) =>
        0.25 * c(u) * c(v) * sum((y, x) => (images[y * 8 + x] - 128) * cos(x, u) * cos(y, v));
      const quantised = Math.round(coefficient(picture) / step) * step;
      // The pixels are rounded and cut to bytes afterwards, which moves a coefficient a little.
      expect(Math.abs(coefficient(left) - quantised)).toBeLessThan(step === 99 ? 30 : 8);
    }
  });

  it('loses almost nothing at quality 100, and refuses what JPEG has not', () => {
    const picture = draw(16, 16, 1, busy);
    expect(largest(jpegLoss(picture, 100).images, picture.images)).toBeLessThanOrEqual(2);
    expect(() => jpegLoss(draw(8, 8, 2, busy), 50)).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
    expect(() => jpegLoss(picture, 0)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('noise and low light', () => {
  it('add the normal numbers of the generator, scaled', () => {
    const picture = draw(6, 5, 1, busy);
    const z = new Random(3);
    const expected = Array.from(picture.images, (v) => Math.min(255, Math.max(0, v + 255 * 0.1 * z.normal())));
    expect(largest(gaussianNoise(picture, 0.1, new Random(3)).images, expected)).toBeLessThanOrEqual(0.5);
    const again = new Random(4);
    const dark = Array.from(picture.images, (v) => Math.max(0, 0.2 * v + Math.sqrt(0.2 * v * 0.255) * again.normal()));
    expect(largest(lowLight(picture, 0.2, new Random(4)).images, dark)).toBeLessThanOrEqual(0.5);
  });

  it('have the mean and spread they say', () => {
    const flat = draw(200, 200, 1, () => 100);
    const moments = (values: Uint8Array) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)];
    };
    const [mean, spread] = moments(gaussianNoise(flat, 0.08, new Random(1)).images);
    expect(Math.abs(mean - 100)).toBeLessThan(0.5);
    expect(Math.abs(spread - 20.4)).toBeLessThan(0.4);
    const [light, shot] = moments(lowLight(flat, 0.25, new Random(1)).images);
    expect(Math.abs(light - 25)).toBeLessThan(0.1);
    expect(Math.abs(shot - Math.sqrt(25 * 0.255 + 1 / 12))).toBeLessThan(0.05);
  });
});

describe('rotation and shift', () => {
  /** Bilinear sampling as a sum over all pixels of their tent-shaped weights. */
  function sample({ images, height, width }: Images, y: number, x: number): number {
    const tent = (d: number) => Math.max(0, 1 - Math.abs(d));
    const cut = (v: number, n: number) => Math.min(n - 1, Math.max(0, v));
    let sum = 0;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) sum += tent(cut(y, height) - i) * tent(cut(x, width) - j) * images[i * width + j];
    }
    return sum;
  }

  it.each([-1, 1])('turn about the centre (%d)', (sign) => {
    const picture = draw(9, 12, 1, bowl);
    // A generator whose first draw is on the side wanted.
    const seed = Array.from({ length: 20 }, (_, s) => s).find((s) => new Random(s).uniform() < 0.5 === sign < 0)!;
    const angle = (sign * 20 * Math.PI) / 180;
    const { images } = rotation(picture, 20, new Random(seed));
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 12; x++) {
        const sx = 5.5 + Math.cos(angle) * (x - 5.5) - Math.sin(angle) * (y - 4);
        const sy = 4 + Math.sin(angle) * (x - 5.5) + Math.cos(angle) * (y - 4);
        expect(Math.abs(images[y * 12 + x] - sample(picture, sy, sx))).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    }
  });

  it('move by the distance, in a direction drawn', () => {
    const picture = draw(9, 12, 1, bowl);
    const angle = 2 * Math.PI * new Random(5).uniform();
    const { images } = shift(picture, 0.2, new Random(5));
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 12; x++) {
        const expected = sample(picture, y - 1.8 * Math.sin(angle), x - 1.8 * Math.cos(angle));
        expect(Math.abs(images[y * 12 + x] - expected)).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    }
  });
});

describe('occlusion', () => {
  it('covers one square, wholly inside, anywhere', () => {
    const { images } = occlusion(
      draw(6, 8, 3, () => 7, 300),
      0.5,
      new Random(2),
    );
    const places = new Set<string>();
    for (let i = 0; i < 300; i++) {
      const covered: number[] = [];
      for (let p = 0; p < 48; p++) {
        const pixel = images.subarray((i * 48 + p) * 3, (i * 48 + p + 1) * 3);
        if (pixel[0] === 128) covered.push(p);
        expect(new Set(pixel).size).toBe(1);
      }
      const [top, left] = [Math.floor(covered[0] / 8), covered[0] % 8];
      const square = [0, 1, 2].flatMap((y) => [0, 1, 2].map((x) => (top + y) * 8 + left + x));
      expect(covered).toEqual(square);
      places.add(`${top},${left}`);
    }
    expect(places.size).toBe(4 * 6);
  });
});

describe.each(CORRUPTIONS)('$name', ({ levels, apply }) => {
  const picture = draw(48, 48, 1, (y, x) => 90 + 40 * Math.sin(x / 5) + 40 * Math.cos(y / 7) + ((x * y) % 9), 4);

  it('has five levels, each worse than the one before, and leaves its input as it was', () => {
    expect(levels).toHaveLength(5);
    const given = picture.images.slice();
    const distances = levels.map((level) => {
      const { images } = apply(picture, level, new Random(1));
      return images.reduce((sum, value, i) => sum + Math.abs(value - given[i]), 0);
    });
    expect([...distances].sort((a, b) => a - b)).toEqual(distances);
    expect(distances[0]).toBeGreaterThan(0);
    expect(picture.images).toEqual(given);
  });

  it('repeats itself, and refuses levels outside its range', () => {
    const [a, b] = [apply(picture, levels[2], new Random(1)), apply(picture, levels[2], new Random(1))];
    expect(a).toEqual(b);
    expect(() => apply(picture, Number.NaN, new Random(1))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => apply(picture, -1, new Random(1))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
