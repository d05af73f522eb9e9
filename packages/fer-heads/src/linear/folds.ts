import { FerError, type Labels, Random } from 'fer-core';

/**
 * The rows held out in each of k folds, ascending: classes keep their proportions, and folds differ by at most one row,
 * in each class and in all.
 *
 * @throws FerError `INVALID_ARGUMENT` where k is not a whole number from 2 to the rows there are.
 */
export function stratifiedRows({ labels, classes }: Labels, k: number, seed: number | string): number[][] {
  if (!Number.isInteger(k) || k < 2 || k > labels.length) {
    throw new FerError('INVALID_ARGUMENT', `folds is ${k}: it must be a whole number from 2 to ${labels.length}.`);
  }
  const random = new Random(seed).split('folds');
  const held: number[][] = Array.from({ length: k }, () => []);
  // Dealt out like cards, each class where the one before it stopped.
  let dealt = 0;
  for (let c = 0; c < classes.length; c++) {
    const rows = [...labels.keys()].filter((row) => labels[row] === c);
    for (const row of random.split(c).shuffle(rows)) held[dealt++ % k].push(row);
  }
  return held.map((rows) => rows.sort((a, b) => a - b));
}

/** @throws FerError `INVALID_ARGUMENT` where a fold is empty, holds out all rows, or names a row twice or that isn't there. */
export function checkFolds(folds: readonly ArrayLike<number>[], n: number): void {
  if (folds.length < 2) throw new FerError('INVALID_ARGUMENT', `${folds.length} folds: give two or more.`);
  folds.forEach((rows, f) => {
    const bad = Array.from(rows).find((row) => !Number.isInteger(row) || row < 0 || row >= n);
    if (bad !== undefined) {
      throw new FerError('INVALID_ARGUMENT', `fold ${f + 1} holds out row ${bad}: rows are numbered 0 to ${n - 1}.`);
    }
    if (rows.length === 0 || rows.length >= n || new Set(Array.from(rows)).size < rows.length) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `fold ${f + 1} holds out ${rows.length} of ${n} rows: give some, but not all, and each once.`,
      );
    }
  });
}
