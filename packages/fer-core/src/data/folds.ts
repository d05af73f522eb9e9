import { describeValue, FerError } from '../errors.js';
import { Random } from '../random.js';
import { checkLabels, type Labels } from './labels.js';

/**
 * The rows held out in each of k folds, ascending. The classes keep their proportions: folds differ by at most one row,
 * in each class and in all. The same seed gives the same folds.
 *
 * @param y - Only the hard labels are used; soft labels are ignored.
 * @param k - How many folds, from 2 to the number of rows.
 * @param seed - Seed of the choice of rows.
 * @throws FerError `INVALID_ARGUMENT` if k is outside this range, `INVALID_DATA` if the labels break their contract.
 *
 * @example
 * ```ts
 * for (const rows of stratifiedRows(train, 5, seed)) {
 *   const heldOut = selectRows(train, rows); // a fifth of each class
 * }
 * ```
 */
export function stratifiedRows(y: Labels, k: number, seed: number | string): number[][] {
  checkLabels(y);
  const { labels, classes } = y;
  if (!Number.isInteger(k) || k < 2 || k > labels.length) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${describeValue(k)} folds: it must be a whole number from 2 to ${labels.length}.`,
    );
  }
  const random = new Random(seed).split('stratifiedFolds');
  const held: number[][] = Array.from({ length: k }, () => []);
  // Rows go to the folds in turn. Each class starts after the last fold used, so that fold sizes stay equal.
  let dealt = 0;
  for (let c = 0; c < classes.length; c++) {
    const rows: number[] = [];
    for (let row = 0; row < labels.length; row++) if (labels[row] === c) rows.push(row);
    for (const row of random.split(c).shuffle(rows)) held[dealt++ % k].push(row);
  }
  return held.map((rows) => rows.sort((a, b) => a - b));
}
