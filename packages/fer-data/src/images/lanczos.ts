/** Lobes of the kernel. */
const LOBES = 3;

/** A size in pixels. */
interface Size {
  readonly height: number;
  readonly width: number;
}

/** A rectangle of an image, in pixels: (0, 0) is the image's upper left corner. Fractions and negative numbers are allowed. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

/** Where each output pixel of one axis comes from: it is the sum of `weights[i][j]` × input pixel `starts[i] + j`. */
interface Taps {
  readonly starts: Int32Array;
  readonly weights: readonly Float64Array[];
}

/**
 * Resizes images with the separable Lanczos kernel of three lobes, widened by the scale if the image shrinks. Pixel
 * centres are at ½. Taps beyond the border are left out and the others rescaled to sum to 1. This is Pillow's
 * `Image.resize(size, LANCZOS, box)`, except that nothing is rounded between the two passes.
 *
 * @param from - Size of the images to resize.
 * @param to - Size of the result.
 * @param box - The part of the image to resize. Pixels around the box contribute to its border, as in Pillow. Where the
 *   box reaches beyond the image, the image is continued by its border pixels.
 * @returns A function that resizes one image of height × width × channels bytes. It returns the same bytes if nothing
 *   changes.
 */
export function lanczos(
  from: Size & { readonly channels: number },
  to: Size,
  box: Rectangle = { x: 0, y: 0, width: from.width, height: from.height },
): (pixels: Uint8Array) => Uint8Array {
  const { height, width, channels } = from;
  const whole = box.x === 0 && box.y === 0 && box.width === width && box.height === height;
  if (whole && height === to.height && width === to.width) return (pixels) => pixels;
  const across = findTaps(width, box.x, box.width, to.width);
  const down = findTaps(height, box.y, box.height, to.height);
  const firstRow = Math.min(...down.starts);
  const lastRow = Math.max(...down.starts.map((start, i) => start + down.weights[i].length));
  const line = to.width * channels;
  const rows = new Float32Array((lastRow - firstRow) * line);
  return (pixels) => {
    for (let y = firstRow; y < lastRow; y++) {
      filterRow(pixels, y * width * channels, rows, (y - firstRow) * line, channels, across);
    }
    // Uint8ClampedArray rounds, and cuts off the overshoot of the negative lobes.
    const result = new Uint8ClampedArray(to.height * line);
    const sums = new Float64Array(line);
    for (let y = 0; y < to.height; y++) {
      sums.fill(0);
      down.weights[y].forEach((weight, i) => {
        const row = (down.starts[y] - firstRow + i) * line;
        for (let x = 0; x < line; x++) sums[x] += weight * rows[row + x];
      });
      result.set(sums, y * line);
    }
    return new Uint8Array(result.buffer);
  };
}

/** The horizontal pass over one row. */
function filterRow(
  pixels: Uint8Array,
  from: number,
  rows: Float32Array,
  to: number,
  channels: number,
  { starts, weights }: Taps,
): void {
  for (let x = 0; x < starts.length; x++) {
    const own = weights[x];
    for (let c = 0; c < channels; c++) {
      let at = from + starts[x] * channels + c;
      let sum = 0;
      for (let i = 0; i < own.length; i++) {
        sum += own[i] * pixels[at];
        at += channels;
      }
      rows[to + x * channels + c] = sum;
    }
  }
}

/** @param n - Pixels of the image along the axis, of which [start, start + length) becomes `to` pixels. */
function findTaps(n: number, start: number, length: number, to: number): Taps {
  const scale = Math.max(1, length / to);
  // The image, continued by its border pixels as far as the box reaches.
  const [low, high] = [Math.min(0, Math.floor(start)), Math.max(n, Math.ceil(start + length))];
  const starts = new Int32Array(to);
  const weights = Array.from({ length: to }, (_, i) => {
    const centre = start + ((i + 0.5) * length) / to;
    const first = Math.max(low, Math.floor(centre - LOBES * scale));
    const end = Math.min(high, Math.ceil(centre + LOBES * scale));
    const row = Float64Array.from({ length: end - first }, (_, j) => kernel((first + j + 0.5 - centre) / scale));
    const sum = row.reduce((a, b) => a + b, 0);
    // A tap beyond the border counts for the border's pixel.
    const inside = (at: number) => Math.min(n - 1, Math.max(0, at));
    starts[i] = inside(first);
    const folded = new Float64Array(inside(end - 1) - starts[i] + 1);
    row.forEach((weight, j) => {
      folded[inside(first + j) - starts[i]] += weight / sum;
    });
    return folded;
  });
  return { starts, weights };
}

function kernel(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
}
