import { Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { Canvas } from '../../src/faces/canvas.js';
import { arc, dome, ellipse } from '../../src/faces/curves.js';

const total = (canvas: Canvas) => canvas.data.reduce((sum, value) => sum + value, 0);

/** The shoelace formula. */
function areaOf(points: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < points.length; i += 2) {
    const j = (i + 2) % points.length;
    twice += points[i] * points[j + 1] - points[j] * points[i + 1];
  }
  return Math.abs(twice) / 2;
}

describe('Canvas', () => {
  it('covers each pixel by the area a shape has in it', () => {
    const canvas = new Canvas(4);
    canvas.polygon([0.5, 0.25, 2.75, 0.25, 2.75, 1.5, 0.5, 1.5], { shade: 1 });
    const rows = [
      [0.375, 0.75, 0.5625, 0],
      [0.25, 0.5, 0.375, 0],
    ];
    expect(Array.from(canvas.data.subarray(0, 8))).toEqual(rows.flat());
    expect(total(canvas)).toBeCloseTo(2.25 * 1.25, 6);
    const triangle = new Canvas(2);
    triangle.polygon([0, 0, 2, 0, 0, 2], { shade: 1 });
    expect(Array.from(triangle.data)).toEqual([1, 0.5, 0.5, 0]);
  });

  it('covers as much as the shoelace formula says, for any convex shape inside', () => {
    const random = new Random('shapes');
    for (let i = 0; i < 200; i++) {
      const canvas = new Canvas(20);
      const [cx, cy] = [random.between(6, 14), random.between(6, 14)];
      const shape = ellipse(cx, cy, random.between(0.05, 5.9), random.between(0.05, 5.9), 3 + random.int(12));
      canvas.polygon(shape, { shade: 1 });
      expect(total(canvas)).toBeCloseTo(areaOf(shape), 3);
      expect(canvas.data.every((value) => value >= 0 && value <= 1.000001)).toBe(true);
    }
  });

  it('clips shapes that reach beyond the picture, and leaves nothing behind for the next', () => {
    const canvas = new Canvas(8);
    canvas.polygon([-5, -5, 13, -5, 13, 4, -5, 4], { shade: 1 });
    expect(total(canvas)).toBeCloseTo(32, 5);
    canvas.data.fill(0);
    canvas.polygon([-100, -100, 200, -100, 200, 300, -100, 300], { shade: 0.5 });
    expect(Array.from(canvas.data)).toEqual(new Array(64).fill(0.5));
    canvas.data.fill(0);
    for (const [dx, dy] of [
      [-20, 0],
      [20, 0],
      [0, -20],
      [0, 20],
    ]) {
      canvas.polygon(ellipse(4 + dx, 4 + dy, 3, 3), { shade: 1 });
    }
    expect(total(canvas)).toBe(0);
  });

  it('mixes by opacity', () => {
    const canvas = new Canvas(2);
    canvas.data.fill(0.2);
    canvas.polygon([0, 0, 2, 0, 2, 2, 0, 2], { shade: 1, opacity: 0.25 });
    for (const value of canvas.data) expect(value).toBeCloseTo(0.4, 6);
  });

  it('strokes lines of a width, however thin', () => {
    for (const width of [0.2, 1, 3]) {
      const canvas = new Canvas(20);
      canvas.stroke([4, 5, 8, 8, 16, 14], width, { shade: 1 });
      expect(Math.abs(total(canvas) - 15 * width)).toBeLessThan(0.02 * 15 * width);
    }
  });
});

describe('curves', () => {
  it('pass where they say', () => {
    const points = arc(0, 0, 1, 3, 4, 0, 6);
    expect([points[0], points[1], points.at(-2), points.at(-1)]).toEqual([0, 0, 4, 0]);
    expect([points[6], points[7]]).toEqual([1, 3]);
    const top = dome(2, 1, -3, 4);
    expect(top[4]).toBeCloseTo(0, 12);
    expect(top[5]).toBeCloseTo(-3, 12);
    expect([top[0], top.at(-2)]).toEqual([-2, 2]);
  });
});
