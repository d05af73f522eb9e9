import type { FaceSquare } from './framing.js';
import type { Photo } from './photo.js';

/** Lobes of Lanczos' filter on either side: how many output pixels away a point still counts. */
const LOBES = 3;

/**
 * Cuts a rotated square from a photo in grey, size × size. Points on a rotated grid, one to three per output pixel along
 * each axis, are interpolated by Keys' cubic convolution (a = −0.5) and then reduced by Lanczos' filter of three lobes.
 * Beyond the photo's edge, its outermost pixels are repeated.
 *
 * A classifier notices blur: on pasted FER2013 faces, this filter has less log loss than a mean of points interpolated
 * linearly (see the README).
 */
export function greySquare(photo: Photo, { centre, side, turn }: FaceSquare, size: number): Uint8Array {
  const pixel = side / size;
  const angle = (turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const around = side + 2 * LOBES * pixel;
  const reach = (around / 2) * (Math.abs(cos) + Math.abs(sin));
  const grey = greyRegion(photo, centre, reach, Math.max(1, Math.floor(pixel / 2)));
  const points = Math.max(1, Math.ceil(pixel / grey.zoom));
  const apart = pixel / points;
  const first = (apart - around) / 2;
  const place = (across: number, down: number): Place => ({
    u: (centre.x + across * cos - down * sin - grey.left) / grey.zoom - 0.5,
    v: (centre.y + across * sin + down * cos - grey.top) / grey.zoom - 0.5,
  });
  const step: Place = { u: (apart * cos) / grey.zoom, v: (apart * sin) / grey.zoom };
  const weights = lanczosWeights(points);
  const grid = (size + 2 * LOBES) * points;
  const line = new Float32Array(grid);
  // The grid, reduced along its rows, with one column of output after the other.
  const columns = new Float32Array(size * grid);
  for (let row = 0; row < grid; row++) {
    interpolateLine(grey, place(first, first + row * apart), step, line);
    for (let column = 0; column < size; column++) {
      columns[column * grid + row] = weightedSum(line, column * points, weights);
    }
  }
  const image = new Uint8Array(size * size);
  for (let column = 0; column < size; column++) {
    for (let row = 0; row < size; row++) {
      const value = weightedSum(columns, column * grid + row * points, weights);
      image[row * size + column] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return image;
}

/** Lanczos' weights of the points around an output pixel, in order. Their sum is 1. */
function lanczosWeights(points: number): Float64Array {
  const weights = Float64Array.from({ length: (2 * LOBES + 1) * points }, (_, i) => {
    const x = Math.PI * ((i + 0.5) / points - LOBES - 0.5);
    if (x === 0) return 1;
    return Math.abs(x) < Math.PI * LOBES ? (LOBES * Math.sin(x) * Math.sin(x / LOBES)) / x ** 2 : 0;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function weightedSum(values: Float32Array, start: number, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * values[start + i];
  return sum;
}

/** Part of a photo in grey, possibly shrunk. */
interface GreyRegion {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Position of its corner, in pixels of the photo. */
  readonly left: number;
  readonly top: number;
  /** Pixels of the photo per value, along each axis. */
  readonly zoom: number;
}

/** A position in a region in units of its values, or a step from one to the next. */
interface Place {
  readonly u: number;
  readonly v: number;
}

/** Weights of red, green and blue (ITU-R BT.601), times 2¹⁶, and their sum. */
const [LUMA, WHITE] = [[19595, 38470, 7471], 65536];

/**
 * Returns the luma around a point, up to the distance `reach`. Each value is the mean of zoom × zoom pixels.
 */
function greyRegion(
  { pixels, width, height }: Photo,
  centre: FaceSquare['centre'],
  reach: number,
  zoom: number,
): GreyRegion {
  // Beyond the edge there are no pixels, but at least one value must remain.
  const range = (middle: number, length: number): readonly [number, number] => {
    const start = Math.min(Math.max(0, Math.floor(middle - reach) - 2 * zoom), length - 1);
    return [start, Math.max(start + 1, Math.min(length, Math.ceil(middle + reach) + 2 * zoom))];
  };
  const [left, right] = range(centre.x, width);
  const [top, bottom] = range(centre.y, height);
  const [columns, rows] = [Math.ceil((right - left) / zoom), Math.ceil((bottom - top) / zoom)];
  const values = new Float32Array(columns * rows);
  // The sum of `zoom` rows of pixels, which may exceed 32 bits.
  const line = new Float64Array(right - left);
  for (let row = 0, y = top; row < rows; row++) {
    line.fill(0);
    const end = Math.min(bottom, y + zoom);
    const count = end - y;
    for (; y < end; y++) addLuma(pixels, 3 * (y * width + left), line);
    for (let column = 0, x = 0; column < columns; column++) {
      const last = Math.min(line.length, x + zoom);
      const share = 1 / (WHITE * count * (last - x));
      let sum = 0;
      for (; x < last; x++) sum += line[x];
      values[row * columns + column] = share * sum;
    }
  }
  return { values, width: columns, height: rows, left, top, zoom };
}

/** Adds the luma of a row of pixels, times {@link WHITE}. */
function addLuma(pixels: Uint8Array, start: number, line: Float64Array): void {
  const [red, green, blue] = LUMA;
  for (let x = 0, at = start; x < line.length; x++, at += 3) {
    line[x] += red * pixels[at] + green * pixels[at + 1] + blue * pixels[at + 2];
  }
}

/**
 * Fills a line with the values at points that are `step` apart, interpolated by cubic convolution (Keys 1981, a = −0.5).
 * Beyond the region's edge, the outermost values are repeated.
 */
function interpolateLine({ values, width, height }: GreyRegion, start: Place, step: Place, line: Float32Array): void {
  const [lastU, lastV] = [width - 1, height - 1];
  for (let i = 0; i < line.length; i++) {
    const u = Math.min(Math.max(start.u + i * step.u, 0), lastU);
    const v = Math.min(Math.max(start.v + i * step.v, 0), lastV);
    const [column, row] = [u | 0, v | 0];
    const [x, y] = [u - column, v - row];
    // Distances to the values before and after the one at the point, which are 0 at the edge.
    const before = column > 0 ? 1 : 0;
    const [after, end] = [column < lastU ? 1 : 0, Math.min(2, lastU - column)];
    const at = row * width + column;
    const above = row > 0 ? at - width : at;
    const [below, bottom] = [row < lastV ? at + width : at, at + width * Math.min(2, lastV - row)];
    line[i] = cubic(
      cubic(values[above - before], values[above], values[above + after], values[above + end], x),
      cubic(values[at - before], values[at], values[at + after], values[at + end], x),
      cubic(values[below - before], values[below], values[below + after], values[below + end], x),
      cubic(values[bottom - before], values[bottom], values[bottom + after], values[bottom + end], x),
      y,
    );
  }
}

/** The value at `t`, 0..1, between `b` and `c`, whose other neighbours are `a` and `d`. */
function cubic(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}
