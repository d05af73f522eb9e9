import { breathe, FerError, Random } from 'fer-core';
import { type Bootstrap, type BootstrapOptions, bcaInterval, checkBootstrap } from './bootstrap.js';

/** Resamples between two visits of the event loop. */
const PER_BREATH = 500;

/**
 * The BCa bootstrap interval of the difference in accuracy of two classifiers on the same rows.
 *
 * A resample of rows matters only by how many of them one classifier alone got right, which is multinomial; drawing
 * those counts instead of rows is the same bootstrap at a fraction of the work, as most rows are not in dispute.
 *
 * @param onlyFirst - Rows that only the first got right.
 * @param onlySecond - Rows that only the second got right.
 * @param n - All rows, from 2.
 */
export async function pairedBootstrap(
  onlyFirst: number,
  onlySecond: number,
  n: number,
  options: BootstrapOptions = {},
): Promise<Bootstrap> {
  const { confidence, resamples, seed, signal } = checkBootstrap('pairedBootstrap', n, options);
  const disputed = onlyFirst + onlySecond;
  if (![onlyFirst, onlySecond].every((rows) => Number.isInteger(rows) && rows >= 0) || disputed > n) {
    throw new FerError('INVALID_ARGUMENT', `${onlyFirst} and ${onlySecond} of ${n} rows: give whole numbers within n.`);
  }
  const estimate = (onlyFirst - onlySecond) / n;
  if (disputed === 0) return { estimate, standardError: 0, low: 0, high: 0 };

  const random = new Random(seed).split('paired bootstrap');
  const drawn = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    if (b % PER_BREATH === 0) {
      await breathe(signal);
      options.onProgress?.({ kind: 'transform', done: b, total: resamples });
    }
    drawn[b] = drawDifference(random, onlyFirst / disputed, disputed / n, n) / n;
  }
  options.onProgress?.({ kind: 'transform', done: resamples, total: resamples });
  const leftOut = new Float64Array(n).fill((onlyFirst - onlySecond) / (n - 1));
  leftOut.fill((onlyFirst - onlySecond - 1) / (n - 1), 0, onlyFirst);
  leftOut.fill((onlyFirst - onlySecond + 1) / (n - 1), onlyFirst, disputed);
  return bcaInterval(estimate, drawn, leftOut, confidence);
}

/** Draws n rows; those in dispute are found by the geometric gaps between them (Devroye 1986, X.4.3). */
function drawDifference(random: Random, first: number, inDispute: number, n: number): number {
  const scale = Math.log1p(-inDispute);
  let difference = 0;
  let row = -1;
  for (;;) {
    row += 1 + Math.floor(Math.log1p(-random.uniform()) / scale);
    if (row >= n) return difference;
    difference += random.uniform() < first ? 1 : -1;
  }
}
