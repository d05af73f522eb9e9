import { checkWhole } from '../arguments/numbers.js';

/**
 * McNemar's exact test of two classifiers on the same rows. Returns the two-sided binomial p-value of the rows that
 * only one classifier got right (McNemar 1947): p = min(1, 2 P(X ≤ min(b, c))), X ~ Binomial(b + c, ½).
 *
 * @param onlyFirst - b: number of rows that only the first got right.
 * @param onlySecond - c: number of rows that only the second got right.
 * @returns p, 0..1; 1 if b and c are 0.
 * @throws FerError `INVALID_ARGUMENT` if one is not a whole number from 0.
 *
 * @example
 * ```ts
 * mcnemarTest(40, 20); // 0.01348…
 * ```
 */
export function mcnemarTest(onlyFirst: number, onlySecond: number): number {
  checkWhole('onlyFirst', onlyFirst, 0);
  checkWhole('onlySecond', onlySecond, 0);
  const n = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  // Computes the largest term with logarithms, because C(1100, 550) overflows, and the smaller terms as ratios to it.
  let logTerm = -n * Math.LN2;
  for (let i = 1; i <= fewer; i++) logTerm += Math.log((n - fewer + i) / i);
  let ratio = 1;
  let tail = 0;
  for (let i = fewer; i >= 0 && tail + ratio !== tail; i--) {
    tail += ratio;
    ratio *= i / (n - i + 1);
  }
  return Math.min(1, 2 * Math.exp(logTerm) * tail);
}
