import { describe, expect, it } from 'vitest';
import { rollOf } from '../src/face.js';
import { turnedSquare } from '../src/turnedSquare.js';
import { drawn } from './pictures.js';

describe('rollOf', () => {
  /** The five points of a face of some size at some place, turned clockwise. */
  const turned = (degrees: number, nose = 0) => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const at = (x: number, y: number) => ({ x: 300 + 40 * (x * cos - y * sin), y: -50 + 40 * (x * sin + y * cos) });
    return {
      rightEye: at(-0.5, -0.4),
      leftEye: at(0.5, -0.4),
      nose: at(nose, 0.1),
      mouthRight: at(-0.3, 0.6),
      mouthLeft: at(0.3, 0.6),
    };
  };

  it.each([0, 12.5, -30, 90, -179])('tells by how much a symmetric face is turned: %d°', (degrees) => {
    expect(rollOf(turned(degrees))).toBeCloseTo(degrees, 10);
  });

  it('hardly changes when the head looks to the side', () => {
    expect(Math.abs(rollOf(turned(10, 0.3)) - 10)).toBeLessThan(2);
  });
});

describe('turnedSquare', () => {
  const ramp = drawn(90, 80, (x, y) => [20 + x, 20 + y, 20 + x + y]);

  it.each([
    [0, 16, 16],
    [0, 40, 16],
    [17, 20, 16],
    [-33, 36, 12],
    [90, 10, 30],
  ])('turned by %i°, %i pixels as %i', (turn, side, size) => {
    const centre = { x: 45.3, y: 39.7 };
    const { pixels, width, height } = turnedSquare(ramp, { centre, side, turn }, size);
    expect([width, height]).toEqual([size, size]);
    const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
    for (let i = 0; i < size * size; i++) {
      const u = (((i % size) + 0.5) / size - 0.5) * side;
      const v = ((Math.floor(i / size) + 0.5) / size - 0.5) * side;
      const [x, y] = [centre.x + u * cos - v * sin - 0.5, centre.y + u * sin + v * cos - 0.5];
      for (const [c, value] of [20 + x, 20 + y, 20 + x + y].entries()) {
        expect(Math.abs(pixels[3 * i + c] - value)).toBeLessThan(1.1);
      }
    }
  });

  it('is black beyond the edge', () => {
    const { pixels } = turnedSquare(ramp, { centre: { x: -50, y: -50 }, side: 20, turn: 30 }, 8);
    expect(new Set(pixels)).toEqual(new Set([0]));
  });
});
