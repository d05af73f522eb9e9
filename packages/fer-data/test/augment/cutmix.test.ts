import { type Dataset, Random } from 'fer-core';
import { cutmix, mixup } from 'fer-data';
import { describe, expect, it } from 'vitest';

const [HEIGHT, WIDTH, CHANNELS] = [12, 20, 3];
const SIZE = HEIGHT * WIDTH * CHANNELS;

/** Image i is all grey level i, so that each value tells where it comes from; its class is i mod 4. */
function made(n: number): Dataset {
  return {
    images: Uint8Array.from({ length: n * SIZE }, (_, at) => Math.floor(at / SIZE)),
    n,
    height: HEIGHT,
    width: WIDTH,
    channels: CHANNELS,
    labels: Uint8Array.from({ length: n }, (_, i) => i % 4),
    classes: [...'abcd'],
    ids: Array.from({ length: n }, String),
  };
}

/** The pixels of image i that come from another image. */
function foreign({ images }: Dataset, i: number): { x: number; y: number; from: number }[] {
  const pixels = [];
  for (let pixel = 0; pixel < HEIGHT * WIDTH; pixel++) {
    const at = i * SIZE + pixel * CHANNELS;
    const from = images[at];
    if (images[at + 1] !== from || images[at + 2] !== from) throw new Error(`pixel ${pixel} is of two images`);
    if (from !== i) pixels.push({ x: pixel % WIDTH, y: Math.floor(pixel / WIDTH), from });
  }
  return pixels;
}

/** Compares images quickly: toEqual takes seconds on arrays of this size. */
const sameBytes = (a: Dataset, b: Dataset) => Buffer.compare(a.images, b.images) === 0;

describe('cutmix', () => {
  const batch = made(200);
  const mixed = cutmix(batch, new Random(3));
  const partners = new Random(3).split('partners').permutation(200);

  it('replaces a rectangle by that of the partner, and mixes labels by its area', () => {
    expect(sameBytes(batch, made(200))).toBe(true);
    expect(mixed.ids).toBeUndefined();
    for (let i = 0; i < 200; i++) {
      const pixels = foreign(mixed, i);
      const own = 1 - pixels.length / (HEIGHT * WIDTH);
      const share = (label: number) => mixed.soft![4 * i + label];
      if (partners[i] % 4 === i % 4) expect(share(i % 4)).toBeCloseTo(1, 6);
      else {
        expect(share(i % 4)).toBeCloseTo(own, 6);
        expect(share(partners[i] % 4)).toBeCloseTo(1 - own, 6);
        expect(mixed.labels[i]).toBe(own >= 0.5 ? i % 4 : partners[i] % 4);
      }
      if (pixels.length === 0) continue;
      expect(new Set(pixels.map(({ from }) => from))).toEqual(new Set([partners[i]]));
      const [columns, rows] = [pixels.map(({ x }) => x), pixels.map(({ y }) => y)];
      const span = (places: number[]) => Math.max(...places) - Math.min(...places) + 1;
      expect(pixels.length).toBe(span(columns) * span(rows));
    }
    expect(sameBytes(cutmix(batch, new Random(3)), mixed)).toBe(true);
    expect(sameBytes(cutmix(batch, new Random(4)), mixed)).toBe(false);
  });

  it('has the areas and places of the formula', () => {
    // Lines of one row, whose sides are √(1 − λ) too.
    const n = 4000;
    const line: Dataset = {
      images: Uint8Array.from({ length: n * 100 }, (_, at) => Math.floor(at / 100) % 2),
      n,
      height: 1,
      width: 100,
      channels: 1,
      labels: Uint8Array.from({ length: n }, (_, i) => i % 2),
      classes: ['a', 'b'],
    };
    const cut = cutmix(line, new Random(5), { alpha: 1 });
    const order = new Random(5).split('partners').permutation(n);
    let [count, total, atStart, atMiddle] = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      if (order[i] % 2 === i % 2) continue;
      const changed = cut.images.subarray(i * 100, (i + 1) * 100).filter((value) => value !== i % 2).length;
      count++;
      total += changed / 100;
      atStart += Number(cut.images[i * 100] !== i % 2);
      atMiddle += Number(cut.images[i * 100 + 50] !== i % 2);
    }
    // With s² uniform in [0, 1], a height of one row that is there in half of the lines (s ≥ 1/2 rounds to 1, so in 3/4),
    // the middle is covered by the share E[s; s ≥ 1/2] = 7/12, and the start by half of it.
    const middle = 7 / 12;
    expect(Math.abs(atMiddle / count - middle)).toBeLessThan(0.05);
    expect(Math.abs(atStart / count - middle / 2)).toBeLessThan(0.05);
    // Of the length s, the part beyond the ends is cut off: E[s − s²/4; s ≥ 1/2] = 7/12 − 15/128.
    expect(Math.abs(total / count - (7 / 12 - 15 / 128))).toBeLessThan(0.03);
  });

  it('mixes soft labels, and keeps its contract for the smallest and largest α', () => {
    const soft = Float32Array.from({ length: 4 * 50 }, (_, i) => [0.1, 0.2, 0.3, 0.4][(i + (i >> 2)) % 4]);
    for (const alpha of [0.01, 100]) {
      const result = cutmix({ ...made(50), soft }, new Random(1), { alpha });
      for (let i = 0; i < 50; i++) {
        const row = result.soft!.subarray(4 * i, 4 * i + 4);
        expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        expect(row.every((p) => p >= 0.0999 && p <= 0.4001)).toBe(true);
      }
    }
  });

  it('refuses what it can not do', () => {
    for (const options of [
      { alpha: 0 },
      { alpha: Number.NaN },
      { alpha: 1000 },
      { probability: -1 },
      { probability: 2 },
    ]) {
      for (const mix of [cutmix, mixup]) {
        expect(() => mix(made(4), new Random(0), options)).toThrow(
          expect.objectContaining({
            code: 'INVALID_ARGUMENT',
            message: expect.stringContaining(Object.keys(options)[0]),
          }),
        );
      }
    }
    expect(() => cutmix({ ...made(4), n: 5 }, new Random(0))).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA' }),
    );
  });
});

it.each([
  ['mixup', mixup],
  ['cutmix', cutmix],
])('%s leaves out all but the share of images asked for', (_, mix) => {
  const batch = made(250);
  const whole = mix(batch, new Random(8));
  const some = mix(batch, new Random(8), { probability: 0.3 });
  let left = 0;
  for (let i = 0; i < 250; i++) {
    const own = some.images.subarray(i * SIZE, (i + 1) * SIZE);
    const row = some.soft!.subarray(4 * i, 4 * i + 4);
    if (own.every((value) => value === i) && row[i % 4] === 1) left++;
    // The others are mixed as they are when all are.
    else expect(Buffer.compare(own, whole.images.subarray(i * SIZE, (i + 1) * SIZE))).toBe(0);
  }
  // Binomial(250, 0.7) has a standard deviation of 7; a few mixtures leave an image as it was.
  expect(Math.abs(left - 175)).toBeLessThan(40);
  expect(sameBytes(mix(batch, new Random(8), { probability: 0 }), batch)).toBe(true);
});
