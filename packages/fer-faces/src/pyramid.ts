import type { Photo } from './photo.js';
import { resample } from './resample.js';

/** The largest tile side, in pixels of a level. The network needs a multiple of 32. */
const TILE = 1024;

/** Overlap of neighbouring tiles in pixels. A larger face that tiles cut is whole in the next level. */
const SHARED = 128;

/** A photo at one scale. */
export interface Level {
  readonly photo: Photo;
  /** Pixels of the level per pixel of the photo. */
  readonly scale: number;
}

/** Part of a level, in whole pixels. It may extend beyond the edge. */
export interface Tile {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The photo at each of the scales, starting with the finest. Each level is computed from the one before. */
export function pyramid(photo: Photo, scales: readonly number[]): Level[] {
  let last = photo;
  return scales.map((scale) => {
    last = resample(last, Math.max(1, Math.round(photo.width * scale)), Math.max(1, Math.round(photo.height * scale)));
    return { photo: last, scale };
  });
}

/** Cuts a level into overlapping tiles, so that the memory needed does not grow with the photo. */
export function tiles({ width, height }: Photo): Tile[] {
  return cuts(height).flatMap(([top, bottom]) =>
    cuts(width).map(([left, right]) => ({ left, top, width: right - left, height: bottom - top })),
  );
}

function cuts(length: number): [start: number, end: number][] {
  if (length <= TILE) return [[0, length]];
  const count = Math.ceil((length - SHARED) / (TILE - SHARED));
  // As small as possible: overlapping parts are processed twice.
  const side = 32 * Math.ceil((length + (count - 1) * SHARED) / count / 32);
  const step = (length - side) / (count - 1);
  return Array.from({ length: count }, (_, i) => [Math.round(i * step), Math.round(i * step) + side]);
}

/** Returns the pixels of a tile. Parts beyond the edge are black. */
export function cut({ pixels, width, height }: Photo, tile: Tile): Photo {
  const result = new Uint8Array(3 * tile.width * tile.height);
  const start = Math.max(0, tile.left);
  const end = Math.min(width, tile.left + tile.width);
  if (start < end) {
    for (let y = Math.max(0, tile.top); y < Math.min(height, tile.top + tile.height); y++) {
      const row = pixels.subarray(3 * (y * width + start), 3 * (y * width + end));
      result.set(row, 3 * ((y - tile.top) * tile.width + start - tile.left));
    }
  }
  return { pixels: result, width: tile.width, height: tile.height };
}
