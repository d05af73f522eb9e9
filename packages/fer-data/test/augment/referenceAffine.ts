import type { Fill, ImageShape } from 'fer-core';
import type { AffineChange } from '../../src/augment/affine.js';

type Matrix = readonly (readonly number[])[];

const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));

const translation = (x: number, y: number): Matrix => [
  [1, 0, x],
  [0, 1, y],
  [0, 0, 1],
];

/**
 * An affine change in float64, written to be evident: the product of 3×3 matrices, and each pixel the sum over the
 * pixels of the image, laid out with its surroundings, weighted by a tent of half-width 1.
 */
export function referenceAffine(image: Uint8Array, shape: ImageShape, change: AffineChange, fill: Fill): number[] {
  const { height, width, channels } = shape;
  const degrees = Math.PI / 180;
  const [cos, sin] = [Math.cos(change.rotation * degrees), Math.sin(change.rotation * degrees)];
  const shear = change.shear * degrees;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const matrix = [
    translation(cx, cy),
    [
      [cos, -sin, 0],
      [sin, cos, 0],
      [0, 0, 1],
    ],
    translation(change.shiftX, change.shiftY),
    [
      [1, -Math.sin(shear), 0],
      [0, Math.cos(shear), 0],
      [0, 0, 1],
    ],
    [
      [change.zoomX, 0, 0],
      [0, change.zoomY, 0],
      [0, 0, 1],
    ],
    [
      [change.mirrored ? -1 : 1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    translation(-cx, -cy),
  ].reduce(multiply);
  const across = surroundings(width, fill);
  const down = surroundings(height, fill);
  const made: number[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [[x], [y]] = multiply(matrix, [[column], [row], [1]]);
      const outside = x < 0 || y < 0 || x > width - 1 || y > height - 1;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const [placeX, ofX] of tent(across, x)) {
          for (const [placeY, ofY] of tent(down, y)) {
            sum += ofX * ofY * image[(placeY * width + placeX) * channels + channel];
          }
        }
        made.push(outside && typeof fill === 'number' ? fill : sum);
      }
    }
  }
  return made;
}

/** Copies of an axis' places either side of it. */
const COPIES = 60;

/** The places 0..n−1 as they follow one another from `COPIES·n` before the first on. */
function surroundings(n: number, fill: Fill): number[] {
  const places = Array.from({ length: n }, (_, i) => i);
  const copies = Array.from({ length: 2 * COPIES + 1 }, (_, copy) => {
    if (fill === 'wrap') return places;
    if (fill === 'reflect') return (copy - COPIES) % 2 === 0 ? places : places.toReversed();
    return copy === COPIES ? places : places.map(() => (copy < COPIES ? 0 : n - 1));
  });
  return copies.flat();
}

/** The places near a coordinate, and their weights. */
function tent(places: readonly number[], coordinate: number): [place: number, weight: number][] {
  const n = places.length / (2 * COPIES + 1);
  const first = Math.floor(coordinate) + COPIES * n;
  return [first - 1, first, first + 1, first + 2].map((i) => [
    places[i],
    Math.max(0, 1 - Math.abs(coordinate - (i - COPIES * n))),
  ]);
}
