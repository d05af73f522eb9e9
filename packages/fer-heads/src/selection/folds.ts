import { checkArray, describeValue, FerError, isFerError, type Labels, Random, stratifiedRows } from 'fer-core';

/** How rows are held out: the number of stratified folds, or the rows (from 0) that each fold holds out. */
export type Folds = number | readonly ArrayLike<number>[];

/** One fold of a cross-validation. */
export interface Fold {
  /** Counted from 1. */
  readonly number: number;
  /** The rows to fit on, ascending. */
  readonly kept: readonly number[];
  /** The rows held out. */
  readonly held: ArrayLike<number>;
}

/**
 * Resolves the `folds` option.
 *
 * @param seed - Seed for drawing the rows if `folds` is a number.
 * @throws FerError `INVALID_ARGUMENT` if there are fewer than two folds or more folds than rows, or if a fold is empty,
 *   holds out all rows, or names a row twice or one that doesn't exist.
 */
export function resolveFolds(y: Labels, folds: Folds, seed: number | string): Fold[] {
  const n = y.labels.length;
  checkSeed(seed);
  const rows: readonly ArrayLike<number>[] = typeof folds === 'number' ? stratifiedRows(y, folds, seed) : folds;
  if (!Array.isArray(rows) || rows.length < 2) {
    const what = Array.isArray(rows) ? `a list of ${rows.length}` : describeValue(folds);
    throw new FerError('INVALID_ARGUMENT', `folds is ${what}: give a number, or the rows of two or more.`);
  }
  return Array.from(rows, (held, f) => {
    checkArray(`the rows of fold ${f + 1}`, held);
    const out = new Set<number>(Array.from(held as ArrayLike<number>));
    for (const row of out) {
      if (Number.isInteger(row) && row >= 0 && row < n) continue;
      throw new FerError(
        'INVALID_ARGUMENT',
        `fold ${f + 1} holds out row ${describeValue(row)}: rows are numbered 0 to ${n - 1}.`,
      );
    }
    if (held.length === 0 || held.length >= n || out.size < held.length) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `fold ${f + 1} holds out ${held.length} of ${n} rows: give some, but not all, and each once.`,
      );
    }
    return { number: f + 1, held, kept: Array.from({ length: n }, (_, i) => i).filter((i) => !out.has(i)) };
  });
}

/** @throws FerError `INVALID_ARGUMENT`, whether the seed is used or not. */
export function checkSeed(seed: number | string): void {
  void new Random(seed);
}

/**
 * Fits on the rows that a fold keeps. Its errors say so: a class may have rows, but all of them in one fold.
 *
 * @param fold - `undefined` if nothing is held out.
 */
export async function fitWithout<T>(fold: Fold | undefined, fit: () => Promise<T>): Promise<T> {
  try {
    return await fit();
  } catch (cause) {
    if (!fold || !isFerError(cause)) throw cause;
    throw new FerError(cause.code, `without the rows of fold ${fold.number}, ${cause.message}`, {}, { cause });
  }
}
