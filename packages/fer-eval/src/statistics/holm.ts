import { checkArray } from 'fer-core';
import { checkFraction } from '../arguments/numbers.js';

/**
 * Holm's correction for multiple tests (Holm 1979). Each adjusted p-value can be compared with the same level; the
 * probability of any false positive among all tests then stays below that level.
 *
 * @param pValues - Each 0..1.
 * @returns Adjusted p-values, in the same order.
 * @throws FerError `INVALID_ARGUMENT` if one is not a number in 0..1.
 *
 * @example
 * ```ts
 * holmCorrection([0.01, 0.04, 0.03]); // [ 0.03, 0.06, 0.06 ]
 * ```
 */
export function holmCorrection(pValues: readonly number[]): number[] {
  checkArray('p-values', pValues);
  const m = pValues.length;
  for (let i = 0; i < m; i++) checkFraction(`p-value ${i + 1}`, pValues[i]);
  const order = Array.from(pValues, (_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(m);
  let floor = 0;
  for (const [rank, i] of order.entries()) {
    floor = Math.max(floor, Math.min(1, (m - rank) * pValues[i]));
    adjusted[i] = floor;
  }
  return adjusted;
}
