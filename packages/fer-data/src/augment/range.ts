import { FerError } from 'fer-core';

/** The smallest and the largest number that can be drawn. */
export type NumberRange = readonly [low: number, high: number];

/** A bound that is missed by less than this, relative to it, is met: 1 − 0.9 is a little less than 0.1. */
const SLACK = 1e-9;

/**
 * Checks that a number is within [low, high].
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkNumber(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: it must be a number from ${low} to ${high}.`);
}

/**
 * Checks that a range is two numbers within [low, high], in order.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkRange(name: string, range: readonly number[], low: number, high: number): void {
  if (range.length === 2 && range[0] >= low && range[0] <= range[1] && range[1] <= high) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `${name} is [${range.join(', ')}]: give two numbers from ${low} to ${high}, the smaller first.`,
  );
}

/**
 * The range of factors that an option stands for: a pair, or [1 − z, 1 + z] for a number z.
 *
 * @throws FerError `INVALID_ARGUMENT` if it is not a range within [low, high].
 */
export function factorRange(name: string, value: number | NumberRange, low: number, high: number): NumberRange {
  if (typeof value !== 'number') {
    if (!Array.isArray(value)) throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: give a number or a pair.`);
    checkRange(name, value, low, high);
    return value as NumberRange;
  }
  const most = Math.min(1 - low, high - 1);
  if (value >= 0 && value <= most * (1 + SLACK)) return [Math.max(low, 1 - value), Math.min(high, 1 + value)];
  throw new FerError(
    'INVALID_ARGUMENT',
    `${name} is ${value}: give a number from 0 to ${most}, or a pair of factors from ${low} to ${high}.`,
  );
}

/**
 * The range of amounts that an option stands for: a pair, or [0, a] for a number a.
 *
 * @throws FerError `INVALID_ARGUMENT` if it is not a range within [0, high].
 */
export function amountRange(name: string, value: number | NumberRange, high: number): NumberRange {
  if (typeof value === 'number') {
    checkNumber(name, value, 0, high);
    return [0, value];
  }
  if (!Array.isArray(value)) throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: give a number or a pair.`);
  checkRange(name, value, 0, high);
  return value as NumberRange;
}
