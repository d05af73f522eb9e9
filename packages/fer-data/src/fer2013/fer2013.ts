import type { RunOptions } from 'fer-core';
import type { Splits } from '../sampling/splits.js';

/** Options of {@link parseFer2013} and of `loadFer2013` in fer-data/node. */
export interface Fer2013Options extends RunOptions {
  /**
   * What to do with a row that breaks the format: stop with an error, or leave it out and list it in
   * {@link Fer2013.skipped}. A file with over 100,000 bad rows, or a quote that is never closed, is refused all the same.
   * @default 'throw'
   */
  readonly onBadRow?: 'throw' | 'skip';
  /**
   * Keep only so many training rows, chosen by `stratifiedSubset`: the classes keep their proportions.
   * @default all of them
   */
  readonly limit?: number;
  /**
   * Seed of the choice that `limit` makes.
   * @default 0
   */
  readonly seed?: number | string;
  /**
   * Most bytes to read, counted unpacked: guards against a gzip file that unpacks to more than the memory.
   * @default 2147483648
   */
  readonly maxBytes?: number;
  /**
   * What to call the source in messages.
   * @default the path or URL, or 'stream'
   */
  readonly name?: string;
  /**
   * Size of the source in bytes, for progress.
   * @default the file's size, where the source is one
   */
  readonly totalBytes?: number;
}

/** A row that was left out. */
export interface SkippedRow {
  /** 1-based record of the file, its header included. */
  readonly row: number;
  /** The column at fault, where it is one. */
  readonly column?: string;
  /** What was wrong, and what it must be. */
  readonly message: string;
}

/**
 * FER2013: grey faces of 48×48 with the classes of `FER2013_CLASSES`, in file order. Each data set's `ids` are the row numbers in
 * the file, as text, the header being row 1.
 */
export interface Fer2013 extends Splits {
  /** The rows left out by `onBadRow: 'skip'`. */
  readonly skipped: readonly SkippedRow[];
}
