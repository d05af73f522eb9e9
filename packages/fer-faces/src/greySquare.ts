import type { FaceSquare } from './framing.js';
import type { Photo } from './photo.js';

/**
 * Cuts a rotated square from a photo in grey, size × size. Each pixel is the mean of a grid of interpolated points.
 * Beyond the photo's edge, its outermost pixels are repeated.
 */
export function greySquare(photo: Photo, { centre, side, turn }: FaceSquare, size: number): Uint8Array {
  const image = new Uint8Array(size * size);
  const step = side / size;
  const angle = (turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reach = (side / 2) * (Math.abs(cos) + Math.abs(sin));
  const grey = greyRegion(photo, centre, reach, Math.max(1, Math.floor(step / 3)));
  // As many points along each axis as an output pixel covers values of the region, at most 6.
  const points = Math.max(1, Math.ceil(step / grey.zoom));
  const apart = step / points;
  const first = (apart - side) / 2;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let sum = 0;
      for (let i = 0; i < points; i++) {
        const down = first + (row * points + i) * apart;
        const across = first + column * points * apart;
        const [x, y] = [centre.x + across * cos - down * sin, centre.y + across * sin + down * cos];
        sum += sumAlong(grey, x, y, cos * apart, sin * apart, points);
      }
      image[row * size + column] = Math.round(sum / points ** 2);
    }
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

/**
 * Returns the luma (ITU-R BT.601) around a point, up to the distance `reach`. Each value is the mean of zoom × zoom
 * pixels.
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
  for (let y = top; y < bottom; y++) {
    const rowsLeft = Math.min(zoom, bottom - top - zoom * Math.floor((y - top) / zoom));
    let to = columns * Math.floor((y - top) / zoom);
    for (let x = left; x < right; to++) {
      const end = Math.min(right, x + zoom);
      const share = 1 / (rowsLeft * (end - x));
      let sum = 0;
      for (; x < end; x++) {
        const at = 3 * (y * width + x);
        sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
      }
      values[to] += share * sum;
    }
  }
  return { values, width: columns, height: rows, left, top, zoom };
}

/**
 * Returns the sum of the values at `count` points of a line that starts at (x, y) with steps of (stepX, stepY), in
 * pixels of the photo. Values are interpolated linearly between the centres of the region's values.
 */
function sumAlong(region: GreyRegion, x: number, y: number, stepX: number, stepY: number, count: number): number {
  const { values, width, zoom } = region;
  const [lastX, lastY] = [width - 1, region.height - 1];
  const [startX, startY] = [(x - region.left) / zoom - 0.5, (y - region.top) / zoom - 0.5];
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const u = Math.min(Math.max(startX + (i * stepX) / zoom, 0), lastX);
    const v = Math.min(Math.max(startY + (i * stepY) / zoom, 0), lastY);
    const [column, row] = [u | 0, v | 0];
    const at = row * width + column;
    const right = column < lastX ? at + 1 : at;
    const below = row < lastY ? width : 0;
    const [across, down] = [u - column, v - row];
    const upper = values[at] + across * (values[right] - values[at]);
    const lower = values[at + below] + across * (values[right + below] - values[at + below]);
    sum += upper + down * (lower - upper);
  }
  return sum;
}
