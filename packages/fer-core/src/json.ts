import { describeValue, FerError } from './errors.js';
import { isPlain } from './record.js';

/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/**
 * Checks that JSON can hold a value without a change: null, a boolean, a string, a finite number, or an array or a plain
 * object of these. A property that is `undefined` counts as absent.
 *
 * @param path - Where the value is, for the message: `heads[0].options`.
 * @throws FerError `INVALID_ARGUMENT`, naming the path of the first value that JSON would drop or change.
 *
 * @example
 * ```ts
 * checkJson('options', { C: 1, kernel: { gamma: 0.1 } });
 * // With gamma: Number.NaN it would throw: options.kernel.gamma is NaN: …
 * ```
 */
export function checkJson(path: string, value: unknown): asserts value is Json {
  checkInside(path, value, []);
}

/** @param around - The objects that the value is in. */
function checkInside(path: string, value: unknown, around: readonly object[]): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || Number.isFinite(value)) return;
  const isList = Array.isArray(value);
  if (!(isList || isPlain(value)) || around.includes(value)) {
    const given = around.includes(value as object) ? 'an object that contains itself' : describeValue(value);
    const advice = 'give null, booleans, strings, finite numbers, or arrays and plain objects of these';
    throw new FerError('INVALID_ARGUMENT', `${path} is ${given}: ${advice}.`);
  }
  const inner = [...around, value];
  if (isList) for (const [i, item] of value.entries()) checkInside(`${path}[${i}]`, item, inner);
  else {
    for (const [name, item] of Object.entries(value)) {
      if (item !== undefined) checkInside(`${path}.${name}`, item, inner);
    }
  }
}
