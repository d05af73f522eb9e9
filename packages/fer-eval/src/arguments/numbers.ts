import { describeValue, FerError } from 'fer-core';

/**
 * Checks that a value is a number in 0..1, such as an accuracy.
 *
 * @param name - What the value is, for the message: `the accuracy of svm`.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkFraction(name: string, value: unknown): asserts value is number {
  checkRange(name, value, 0, 1);
}

/**
 * Checks that a value is a number from `low` to `high`.
 *
 * @param high - @default Infinity
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkRange(
  name: string,
  value: unknown,
  low: number,
  high = Number.POSITIVE_INFINITY,
): asserts value is number {
  // A string or null would pass the comparisons.
  if (typeof value === 'number' && value >= low && value <= high) return;
  const range = high === Number.POSITIVE_INFINITY ? `${low}` : `${low} to ${high}`;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: give a number from ${range}.`);
}

/**
 * Checks that a value is a whole number from `least`, such as a count.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkWhole(name: string, value: unknown, least: number): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: give a whole number from ${least}.`);
}

/**
 * Checks that a value is a number that is not NaN or infinite.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkFinite(name: string, value: unknown): asserts value is number {
  if (Number.isFinite(value)) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: give a finite number.`);
}
