import { describeValue, FerError } from './errors.js';
import { isRecord } from './record.js';

/**
 * Checks that a value is a string.
 *
 * @param name - What the value is, for the message: `the path`.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkString(name: string, value: unknown): asserts value is string {
  if (typeof value === 'string') return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: give a string.`);
}

/**
 * Checks that a value is `true` or `false`.
 *
 * @param name - What the value is, for the message: `gzip`.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkBoolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value === 'boolean') return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: it must be true or false.`);
}

/**
 * Checks that a value is a function.
 *
 * @param name - What the value is, for the message: `onProgress`.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkFunction(name: string, value: unknown): asserts value is (...args: never[]) => unknown {
  if (typeof value === 'function') return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: give a function.`);
}

/**
 * Checks that a value is an array or a typed array.
 *
 * @param name - What the value is, in the plural: `rows`.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkArray(name: string, value: unknown): void {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) return;
  throw new FerError('INVALID_ARGUMENT', `${name} are ${describeValue(value)}: give an array.`);
}

/**
 * Checks that a value is an object and not a collection, such as an array or a `Map`.
 *
 * @param name - What the value is, for the message: `the input of compare`.
 * @param advice - What to give instead, as the end of the message.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkObject(name: string, value: unknown, advice: string): asserts value is object {
  if (isRecord(value)) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: ${advice}.`);
}

/**
 * Checks that a value is an array of objects, such as evaluations by name.
 *
 * @param name - What the value is, in the plural: `the heads`.
 * @param advice - What to give instead, as the end of the message.
 * @throws FerError `INVALID_ARGUMENT`, naming the first item that is not an object.
 */
export function checkObjects(name: string, value: unknown, advice: string): asserts value is object[] {
  if (!Array.isArray(value)) {
    throw new FerError('INVALID_ARGUMENT', `${name} are ${describeValue(value)}: ${advice}.`);
  }
  for (const [i, item] of value.entries()) checkObject(`item ${i + 1} of ${name}`, item, advice);
}

/**
 * Checks that a value generates random numbers as `Random` does.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkRandom(random: unknown): void {
  checkMethods(
    'the generator of random numbers',
    random,
    ['uniform', 'normal', 'int', 'split'],
    'give a new Random(seed)',
  );
}

/**
 * Checks that a value is an object with some methods, such as a backbone, a head or a store.
 *
 * @param name - What the value is, for the message: `the head`.
 * @param advice - What to give instead, as the end of the message.
 * @throws FerError `INVALID_ARGUMENT`, naming the first method that is missing.
 */
export function checkMethods(name: string, value: unknown, methods: readonly string[], advice: string): void {
  const isObject = typeof value === 'object' && value !== null;
  const missing = isObject ? methods.find((method) => typeof Reflect.get(value, method) !== 'function') : undefined;
  if (isObject && missing === undefined) return;
  // Naming a promise or a tensor says more than naming the method it lacks.
  const described = describeValue(value);
  const wrong = missing !== undefined && described === 'an object' ? `has no method ${missing}` : `is ${described}`;
  throw new FerError('INVALID_ARGUMENT', `${name} ${wrong}: ${advice}.`);
}
