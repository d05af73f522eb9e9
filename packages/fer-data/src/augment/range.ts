import { describeValue, FerError } from 'fer-core';

/** The smallest and the largest number that can be drawn. */
export type NumberRange = readonly [low: number, high: number];

/** A bound that is missed by less than this, relative to it, is met: 1 − 0.9 is a little less than 0.1. */
const SLACK = 1e-9;

/**
 * Checks that a number is within [low, high].
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkNumber(name: string, value: unknown, low: number, high: number): void {
  if (isWithin(value, low, high)) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `${name} is ${describeValue(value)}: it must be a number from ${low} to ${high}.`,
  );
}

/**
 * Checks that a range is two numbers within [low, high], in order.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkRange(name: string, range: unknown, low: number, high: number): void {
  const ends: readonly unknown[] = Array.isArray(range) ? Array.from(range) : [];
  const [first, second] = ends;
  if (ends.length === 2 && isWithin(first, low, high) && isWithin(second, first, high)) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `${name} is ${Array.isArray(range) ? `[${ends.map(describeValue).join(', ')}]` : describeValue(range)}: give two numbers from ${low} to ${high}, the smaller first.`,
  );
}

/**
 * The range of factors that an option stands for: a pair, or [1 − z, 1 + z] for a number z.
 *
 * @throws FerError `INVALID_ARGUMENT` if it is not a range within [low, high].
 */
export function factorRange(name: string, value: number | NumberRange, low: number, high: number): NumberRange {
  if (typeof value !== 'number') {
    demandPair(name, value);
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
  demandPair(name, value);
  checkRange(name, value, 0, high);
  return value as NumberRange;
}

function isWithin(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && value >= low && value <= high;
}

function demandPair(name: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: give a number or a pair.`);
}
