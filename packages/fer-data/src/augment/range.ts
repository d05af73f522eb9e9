import { FerError } from 'fer-core';

/** Smallest and largest of what is drawn. */
export type NumberRange = readonly [low: number, high: number];

/** @throws FerError `INVALID_ARGUMENT` where a number is not within [low, high]. */
export function checkNumber(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: it must be a number from ${low} to ${high}.`);
}

/** @throws FerError `INVALID_ARGUMENT` where a range is not two numbers within [low, high], in order. */
export function checkRange(name: string, range: readonly number[], low: number, high: number): void {
  if (range.length === 2 && range[0] >= low && range[0] <= range[1] && range[1] <= high) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `${name} is [${range.join(', ')}]: give two numbers from ${low} to ${high}, the smaller first.`,
  );
}

/**
 * The range of factors that an amount or a pair stands for: z is [1 − z, 1 + z].
 *
 * @throws FerError `INVALID_ARGUMENT` where it is no range within [low, high].
 */
export function factorRange(name: string, value: number | NumberRange, low: number, high: number): NumberRange {
  const range = typeof value === 'number' ? ([1 - value, 1 + value] as const) : value;
  checkRange(name, range, low, high);
  return range;
}
