import { type Dataset, describeValue, FerError } from 'fer-core';
import type { SplitName } from '../sampling/splits.js';
import type { Fer2013Options, SkippedRow } from './fer2013.js';

/** Options of `streamFer2013` in fer-data/node. */
export interface StreamFer2013Options extends Omit<Fer2013Options, 'limit' | 'seed'> {
  /** Number of rows in a batch, 1 to 1,000,000. @default 1024 */
  readonly batchSize?: number | undefined;
  /** Called with each row that `onBadRow: 'skip'` leaves out. Must not throw. */
  readonly onSkip?: ((row: SkippedRow) => void) | undefined;
}

/** Rows of one split, in the order of the file. */
export interface Fer2013Batch extends Dataset {
  /** The split of all its rows. */
  readonly split: SplitName;
}

/**
 * Checks the option `batchSize`.
 *
 * @throws FerError `INVALID_ARGUMENT` if it is not a whole number from 1 to 1,000,000.
 */
export function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > 1_000_000) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `batchSize is ${describeValue(batchSize)}: it must be a whole number from 1 to 1000000.`,
    );
  }
}
