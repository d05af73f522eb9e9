import { describeValue, FerError } from 'fer-core';

/** @throws FerError `INVALID_ARGUMENT` unless a value is a finite number above 0. */
export function checkPositive(name: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: it must be a finite number above 0.`);
}

/** @throws FerError `INVALID_ARGUMENT` unless a value is a whole number from 1. */
export function checkCount(name: string, value: unknown): void {
  if (Number.isInteger(value) && (value as number) >= 1) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: it must be a whole number from 1.`);
}
