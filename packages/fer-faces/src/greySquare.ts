import type { FaceSquare } from './framing.js';
import type { Photo } from './photo.js';

/**
 * Cuts a rotated square from a photo in grey, size × size. Each pixel is the mean of a grid of interpolated points.
 * Beyond the photo's edge, its outermost pixels are repeated.
 */
export function greySquare(photo: Photo, { centre, side, turn }: FaceSquare, size: number): Uint8Array {
  const pixel = side / size;
  const angle = (turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reach = (side / 2) * (Math.abs(cos) + Math.abs(sin));
  const grey = greyRegion(photo, centre, reach, Math.max(1, Math.floor(pixel / 3)));
  // As many points along each axis as an output pixel covers values of the region, at most 6.
  const points = Math.max(1, Math.ceil(pixel / grey.zoom));
  const apart = pixel / points;
  const first = (apart - side) / 2;
  const place = (across: number, down: number): Place => ({
    u: (centre.x + across * cos - down * sin - grey.left) / grey.zoom - 0.5,
    v: (centre.y + across * sin + down * cos - grey.top) / grey.zoom - 0.5,
  });
  const corners = [place(first, first), place(-first, first), place(first, -first), place(-first, -first)];
  // Steps along a line add rounding errors, so a little space is left.
  const [lastU, lastV] = [grey.width - 1.001, grey.height - 1.001];
  const isInside = corners.every(({ u, v }) => u > 0.001 && v > 0.001 && u < lastU && v < lastV);
  const step: Place = { u: (apart * cos) / grey.zoom, v: (apart * sin) / grey.zoom };
  const sums = new Float64Array(size);
  const image = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    sums.fill(0);
    for (let i = 0; i < points; i++) {
      const start = place(first, first + (row * points + i) * apart);
      if (isInside) addLineInside(grey, start, step, points, sums);
      else addLine(grey, start, step, points, sums);
    }
    for (let column = 0; column < size; column++) image[row * size + column] = Math.round(sums[column] / points ** 2);
  }
  return image;
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
    const start = Math.min(Math.max(0, Math.floor(middle - reach) - zoom), length - 1);
    return [start, Math.max(start + 1, Math.min(length, Math.ceil(middle + reach) + zoom))];
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
 * Adds to each of the sums the values at the next `points` points of a line. Values are interpolated linearly between
 * the centres of the region's values. Beyond its edge, the outermost values are repeated.
 */
function addLine(region: GreyRegion, start: Place, step: Place, points: number, sums: Float64Array): void {
  const { values, width } = region;
  const [lastU, lastV] = [width - 1, region.height - 1];
  for (let i = 0; i < sums.length * points; i++) {
    const u = Math.min(Math.max(start.u + i * step.u, 0), lastU);
    const v = Math.min(Math.max(start.v + i * step.v, 0), lastV);
    const [column, row] = [u | 0, v | 0];
    const at = row * width + column;
    const right = column < lastU ? at + 1 : at;
    const below = row < lastV ? width : 0;
    const [across, down] = [u - column, v - row];
    const upper = values[at] + across * (values[right] - values[at]);
    const lower = values[at + below] + across * (values[right + below] - values[at + below]);
    sums[(i / points) | 0] += upper + down * (lower - upper);
  }
}

/** As {@link addLine}, for a line that stays inside the region. */
function addLineInside(
  { values, width }: GreyRegion,
  start: Place,
  step: Place,
  points: number,
  sums: Float64Array,
): void {
  let { u, v } = start;
  const { u: stepU, v: stepV } = step;
  for (let i = 0; i < sums.length; i++) {
    let sum = 0;
    for (let j = 0; j < points; j++, u += stepU, v += stepV) {
      const [column, row] = [u | 0, v | 0];
      const at = row * width + column;
      const [across, down] = [u - column, v - row];
      const upper = values[at] + across * (values[at + 1] - values[at]);
      const lower = values[at + width] + across * (values[at + width + 1] - values[at + width]);
      sum += upper + down * (lower - upper);
    }
    sums[i] += sum;
  }
}
