import { describe, expect, it } from 'vitest';
import { pyramid, tiles } from '../src/pyramid.js';
import { resample } from '../src/resample.js';
import { average, overlap, suppress, suppressEqual } from '../src/suppress.js';
import { drawn } from './pictures.js';

describe('resample', () => {
  it('averages over the area of a pixel when it shrinks', () => {
    const photo = drawn(6, 4, (x, y) => [10 * x, 20 * y, 100]);
    const half = resample(photo, 3, 2);
    expect([...half.pixels]).toEqual([5, 10, 100, 25, 10, 100, 45, 10, 100, 5, 50, 100, 25, 50, 100, 45, 50, 100]);
    // 3 → 2: the middle pixel is shared by halves.
    const row = resample(
      drawn(3, 1, (x) => [[0, 90, 240][x], 0, 0]),
      2,
      1,
    );
    expect([row.pixels[0], row.pixels[3]]).toEqual([30, 190]);
  });

  it('interpolates linearly when it enlarges', () => {
    const wide = resample(
      drawn(2, 1, (x) => [x * 200, 0, 0]),
      4,
      1,
    );
    expect([0, 1, 2, 3].map((x) => wide.pixels[3 * x])).toEqual([0, 50, 150, 200]);
  });

  it('keeps a flat picture flat at any size', () => {
    for (const [width, height] of [
      [1, 1],
      [7, 3],
      [123, 77],
    ]) {
      expect(
        new Set(
          resample(
            drawn(31, 17, () => [77, 77, 77]),
            width,
            height,
          ).pixels,
        ),
      ).toEqual(new Set([77]));
    }
  });
});

describe('pyramid', () => {
  it('makes each level of the one before', () => {
    const levels = pyramid(
      drawn(100, 50, () => [1, 2, 3]),
      [1, 0.5, 0.25],
    );
    expect(levels.map(({ photo }) => [photo.width, photo.height])).toEqual([
      [100, 50],
      [50, 25],
      [25, 13],
    ]);
  });

  it.each([1, 500, 1024, 1025, 1600, 4001])('covers %i pixels with tiles that share at least 128', (width) => {
    const all = tiles(drawn(width, 1, () => [0, 0, 0]));
    expect(all[0].left).toBe(0);
    expect(all.at(-1)!.left + all.at(-1)!.width).toBe(width);
    for (const [i, tile] of all.entries()) {
      expect(tile.width).toBeLessThanOrEqual(1024);
      if (i > 0) expect(all[i - 1].left + all[i - 1].width - tile.left).toBeGreaterThanOrEqual(128);
    }
  });
});

describe('suppress', () => {
  const box = (x: number, width: number) => ({ x, y: 0, width, height: width });
  it('keeps the surest of boxes that show one face', () => {
    const found = [
      { box: box(0, 10), score: 0.5 },
      { box: box(1, 10), score: 0.9 },
      { box: box(2, 4), score: 0.8 },
      { box: box(30, 10), score: 0.4 },
    ];
    expect(suppress(found)).toEqual([found[1], found[3]]);
    // For candidates, the box within the surest one is kept: that one may be too large.
    expect(suppressEqual(found)).toEqual([found[1], found[2], found[3]]);
  });

  it('averages the boxes and points that agree with the surest, by their scores', () => {
    const at = (x: number, score: number) => {
      const point = { x, y: 0 };
      const leftEye = { x: x + 4, y: 4 };
      const [mouthRight, mouthLeft] = [
        { x: x - 4, y: 4 },
        { x, y: 8 },
      ];
      const points = { rightEye: point, leftEye, nose: { x, y: 4 }, mouthRight, mouthLeft };
      return { box: box(x, 10), score, points, roll: 0 };
    };
    const face = average([at(1, 0.3), at(0, 0.9), at(40, 0.8)]);
    expect(face.box.x).toBeCloseTo(0.25);
    expect(face).toMatchObject({ score: 0.9, box: { y: 0, width: 10, height: 10 } });
    expect(face.points!.leftEye.x).toBeCloseTo(4.25);
    expect(face.roll).toBeCloseTo(45);
  });

  it('measures overlap as intersection over union', () => {
    expect(overlap(box(0, 10), box(0, 10))).toBe(1);
    expect(overlap(box(0, 10), box(5, 10))).toBeCloseTo(1 / 3);
    expect(overlap(box(0, 10), box(20, 10))).toBe(0);
  });
});
