import type { Photo } from './photo.js';
import { resample } from './resample.js';

/** Largest tile side, in pixels of a level: a multiple of 32, as the network needs. */
const TILE = 1024;

/** Pixels that neighbouring tiles share: a larger face that they cut is whole in the next level. */
const SHARED = 128;

/** A photo at one scale. */
export interface Level {
  readonly photo: Photo;
  /** Pixels of the level for one of the photo. */
  readonly scale: number;
}

/** Part of a level, in its pixels: whole numbers. It may reach over the edge. */
export interface Tile {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A photo at each of the scales, from the finest on; each is made of the one before. */
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
  // No larger than needed: what tiles share is looked at twice.
  const side = 32 * Math.ceil((length + (count - 1) * SHARED) / count / 32);
  const step = (length - side) / (count - 1);
  return Array.from({ length: count }, (_, i) => [Math.round(i * step), Math.round(i * step) + side]);
}

/** The pixels of a tile; black where it reaches over the edge. */
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
