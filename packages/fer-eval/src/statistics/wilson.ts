import { checkOptions, describeValue, FerError } from 'fer-core';
import { normalQuantile } from './normal.js';

/** A confidence interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Options of all functions that return a confidence interval. */
export interface ConfidenceOptions {
  /**
   * Confidence level, between 0 and 1.
   *
   * @default 0.95
   */
  readonly confidence?: number | undefined;
}

/**
 * Wilson's score interval of a proportion, 0..1 (Wilson 1927). Unlike ±1.96 standard errors, it is also valid near 0
 * and 1.
 *
 * @param successes - Whole number from 0 to `n`.
 * @param n - Whole number of at least 1.
 * @throws FerError `INVALID_ARGUMENT` if an argument or the confidence is out of range.
 *
 * @example
 * ```ts
 * wilsonInterval(70, 100); // { low: 0.6041…, high: 0.7810… }
 * wilsonInterval(70, 100, { confidence: 0.99 }); // { low: 0.5725…, high: 0.8025… }
 * ```
 */
export function wilsonInterval(successes: number, n: number, options: ConfidenceOptions = {}): Interval {
  checkOptions('wilsonInterval', options, ['confidence']);
  const { confidence = 0.95 } = options;
  if (!(Number.isInteger(n) && n >= 1 && Number.isInteger(successes) && successes >= 0 && successes <= n)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${describeValue(successes)} of ${describeValue(n)}: give whole numbers with 0 ≤ successes ≤ n, n ≥ 1.`,
    );
  }
  const z = -normalQuantile((1 - checkConfidence(confidence)) / 2); // 0.5 + confidence / 2 may round to 1
  const p = successes / n;
  const centre = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const whole = 1 + (z * z) / n;
  return {
    low: successes === 0 ? 0 : (centre - half) / whole,
    high: successes === n ? 1 : (centre + half) / whole,
  };
}

/** Returns its argument. @throws FerError `INVALID_ARGUMENT` if it is not between 0 and 1. */
export function checkConfidence(confidence: number): number {
  if (typeof confidence === 'number' && confidence > 0 && confidence < 1) return confidence;
  throw new FerError(
    'INVALID_ARGUMENT',
    `confidence is ${describeValue(confidence)}: it must be between 0 and 1, e.g. 0.95.`,
  );
}
