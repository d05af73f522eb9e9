import { describeValue, FerError } from 'fer-core';

/** @throws FerError `INVALID_ARGUMENT` for an option that doesn't hold: `name is … : it must be what`. */
export function demand(holds: boolean, name: string, value: unknown, what: string): void {
  if (!holds) throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: it must be ${what}.`);
}

/** Whether a value is a whole number from 1. */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1;
}

/** Whether a value is a finite number above 0. */
export function isPositive(value: unknown): value is number {
  return isFromZero(value) && value > 0;
}

/** Whether a value is a finite number from 0. */
export function isFromZero(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}

/** Whether a value is a number from 0 to below 1. */
export function isBelow1(value: unknown): value is number {
  return isFromZero(value) && value < 1;
}
