import { checkImages, type Images, type Random } from 'fer-core';
import { checkRange } from '../arguments/numbers.js';

/** A way to degrade images, at several levels. */
export interface Corruption {
  /** A unique name. */
  readonly name: string;
  /** The meaning of a level, for tables. */
  readonly parameter: string;
  /** The level of each strength, from mild to severe. The first is strength 1. */
  readonly levels: readonly number[];
  /**
   * Returns a corrupted copy of a batch.
   *
   * @param random - The source of all random numbers, so that a run can be repeated.
   */
  apply(images: Images, level: number, random: Random): Images;
}

/** Returns a copy of a batch with other bytes of the same length. */
export function withBytes({ n, height, width, channels }: Images, images: Uint8Array): Images {
  return { images, n, height, width, channels };
}

/** Rounds to the nearest byte, halves up. */
export function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
}

/** Clamps an index to 0..n−1: beyond the edge of an image, its edge pixels are repeated. */
export function clampIndex(index: number, n: number): number {
  return index < 0 ? 0 : index >= n ? n - 1 : index;
}

/**
 * Checks the arguments of a corruption: the images, and a level from `low` to `high`.
 *
 * @throws FerError `INVALID_ARGUMENT` for a level out of range, `INVALID_DATA` for images that break their contract.
 */
export function checkCorruption(images: Images, name: string, level: number, low: number, high: number): void {
  checkImages(images);
  checkRange(name, level, low, high);
}
