import type { RunOptions } from 'fer-core';
import type { Splits } from '../sampling/splits.js';

/** Options of {@link parseFer2013} and of `loadFer2013` in fer-data/node. */
export interface Fer2013Options extends RunOptions {
  /**
   * What to do with a row that breaks the format: stop with an error, or leave it out and list it in
   * {@link Fer2013.skipped}. A file with more than 100,000 bad rows or with an unclosed quote is always refused.
   * @default 'throw'
   */
  readonly onBadRow?: 'throw' | 'skip' | undefined;
  /**
   * Number of training rows to keep, chosen by `stratifiedSubset` so that the classes keep their proportions.
   * @default all
   */
  readonly limit?: number | undefined;
  /**
   * Seed of the choice of rows for `limit`.
   * @default 0
   */
  readonly seed?: number | string | undefined;
  /**
   * Largest number of unpacked bytes to read. Guards against a gzip file that unpacks to more than fits in memory.
   * @default 2147483648
   */
  readonly maxBytes?: number | undefined;
  /**
   * Name of the source in messages.
   * @default the path or URL, or 'stream'
   */
  readonly name?: string | undefined;
  /**
   * Size of the source in bytes, for progress.
   * @default the size of the file, if the source is one
   */
  readonly totalBytes?: number | undefined;
}

/** A row that was left out. */
export interface SkippedRow {
  /** 1-based number of the record in the file. The header is record 1. */
  readonly row: number;
  /** The column at fault, if there is one. */
  readonly column?: string | undefined;
  /** What was wrong, and what was expected. */
  readonly message: string;
}

/**
 * FER2013: grey faces of 48×48 pixels with the classes of `FER2013_CLASSES`, in the order of the file. The `ids` of each
 * data set are row numbers of the file, as text. The header is row 1.
 */
export interface Fer2013 extends Splits {
  /** The rows that `onBadRow: 'skip'` left out. */
  readonly skipped: readonly SkippedRow[];
}
