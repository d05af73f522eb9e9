import { FerError, type Images, type Random } from 'fer-core';

/** A way in which pictures get worse, at any level. */
export interface Corruption {
  /** Unique among those of a run. */
  readonly name: string;
  /** What a level is a number of, for tables. */
  readonly parameter: string;
  /** The level of each strength, mild to severe; strength 1 is the first. */
  readonly levels: readonly number[];
  /**
   * Makes a corrupted copy of a batch.
   *
   * @param random - All its randomness comes from here, so that a run can be repeated.
   */
  apply(images: Images, level: number, random: Random): Images;
}

/** A copy of a batch with other bytes of the same number. */
export function withBytes({ n, height, width, channels }: Images, images: Uint8Array): Images {
  return { images, n, height, width, channels };
}

/** The byte nearest to a number, halves going up. */
export function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
}

/** An index moved to the nearest one in 0..n−1: beyond its edge an image goes on as its edge. */
export function clampIndex(index: number, n: number): number {
  return index < 0 ? 0 : index >= n ? n - 1 : index;
}

/** Refuses a level outside its range. @throws FerError `INVALID_ARGUMENT` */
export function checkLevel(name: string, level: number, low: number, high: number): void {
  if (level >= low && level <= high) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${level}: it must be a number from ${low} to ${high}.`);
}
