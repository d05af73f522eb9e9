import { align16 } from '../heap.js';
import type { Geometry } from './geometry.js';

/** The most output pixels, so that a panel's sums stay in L1, and the fewest channels for which a tap is worth a call. */
const MOST_PIXELS = 64;
const FEWEST_CHANNELS = 32;
/** The most work, relative to that of whole windows. */
const MOST_WORK = 0.9;

/**
 * Whether a direct convolution is faster tap by tap (assembly/tapConv.ts): for few and small images with padding, which
 * is then not multiplied.
 */
export function fasterByTaps(g: Geometry): boolean {
  const pixels = g.n * g.outHeight * g.outWidth;
  if (g.gapY * g.gapX !== 1 || g.channels < FEWEST_CHANNELS || pixels > MOST_PIXELS) return false;
  const rows = insideTaps(g.kernelHeight, g.dilationY, g.strideY, g.padTop, g.height, g.outHeight);
  const columns = insideTaps(g.kernelWidth, g.dilationX, g.strideX, g.padLeft, g.width, g.outWidth);
  let work = 0;
  for (const row of rows) for (const column of columns) work += tileRows(g.n * row * column);
  return work <= MOST_WORK * rows.length * columns.length * 6 * Math.ceil(pixels / 6);
}

/** Returns the bytes of scratch per thread that convByTaps needs. */
export function tapBytes(g: Geometry): number {
  const taps = g.kernelHeight * g.kernelWidth;
  const pixels = g.n * g.outHeight * g.outWidth;
  // A tile reads the addresses of six pixels, also where fewer are left.
  return 224 + align16(4 * g.channels) + 32 * pixels + align16(4 * taps) + 2 * align16(4 * taps * pixels) + 32;
}

/** Returns, for each tap along one side, for how many outputs it is inside the image. */
function insideTaps(taps: number, dilation: number, stride: number, pad: number, size: number, out: number): number[] {
  return Array.from({ length: taps }, (_, tap) => {
    let inside = 0;
    for (let o = 0; o < out; o++) {
      const at = o * stride - pad + tap * dilation;
      if (at >= 0 && at < size) inside++;
    }
    return inside;
  });
}

/** Returns how many rows the tiles of six and of four rows have that some pixels need. */
function tileRows(pixels: number): number {
  const rest = pixels % 6;
  return pixels - rest + (rest === 0 ? 0 : rest <= 4 ? 4 : 6);
}
