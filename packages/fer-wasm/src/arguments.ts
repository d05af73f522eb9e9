import { WasmError } from './errors.js';

/**
 * Checks the names of an options object, so that a misspelt option throws an error instead of being ignored.
 *
 * @param call - The function that takes the options, for the message.
 * @throws WasmError `INVALID_ARGUMENT` if `options` is not an object, is a collection or an instance of a class
 *   without any of the options, or has a property that is not in `known`.
 */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  const isRecord = typeof options === 'object' && options !== null && !(Symbol.iterator in options);
  const prototype: unknown = isRecord ? Object.getPrototypeOf(options) : undefined;
  const isPlain = prototype === null || (isRecord && Object.getPrototypeOf(prototype) === null);
  // An instance of a class may have further properties as its own state.
  if (!isRecord || !(isPlain || known.some((name) => name in options))) {
    throw new WasmError('INVALID_ARGUMENT', `the options of ${call} are ${describe(options)}: give an object.`);
  }
  if (!isPlain) return;
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const message = `${call} has no option "${unknown}": its options are ${known.join(', ')}.`;
  throw new WasmError('INVALID_ARGUMENT', message);
}

/**
 * Checks that values are tensors that haven't been disposed.
 *
 * @param call - The function that takes them, for the message.
 * @param tensors - The values, keyed by their documented names.
 * @throws WasmError `INVALID_ARGUMENT`, naming the first value that is not a usable tensor.
 */
export function checkTensors(call: string, tensors: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(tensors)) {
    const isTensor = typeof value === 'object' && value !== null && 'dataId' in value && 'shape' in value;
    if (!isTensor) {
      throw new WasmError('INVALID_ARGUMENT', `${call}: ${name} is ${describe(value)}: give a tensor.`);
    }
    if ((value as { isDisposed?: boolean }).isDisposed) {
      throw new WasmError('INVALID_ARGUMENT', `${call}: ${name} was disposed: give it before that, or a clone.`);
    }
  }
}

/**
 * Checks the rank of a tensor.
 *
 * @throws WasmError `INVALID_ARGUMENT`
 */
export function checkRank(call: string, name: string, { shape }: { readonly shape: readonly number[] }, rank: number) {
  if (shape.length === rank) return;
  throw new WasmError('INVALID_ARGUMENT', `${call}: ${name} has the shape [${shape}]: give a tensor of rank ${rank}.`);
}

/**
 * Checks that values are finite numbers.
 *
 * @throws WasmError `INVALID_ARGUMENT`, naming the first value that is not.
 */
export function checkNumbers(call: string, numbers: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === 'number' && Number.isFinite(value)) continue;
    throw new WasmError('INVALID_ARGUMENT', `${call}: ${name} is ${describe(value)}: give a finite number.`);
  }
}

/**
 * Checks that values are numbers from 0 to below 1, as the factors of a moving average must be.
 *
 * @throws WasmError `INVALID_ARGUMENT`, naming the first value that is not.
 */
export function checkFactors(call: string, factors: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(factors)) {
    if (typeof value === 'number' && value >= 0 && value < 1) continue;
    throw new WasmError('INVALID_ARGUMENT', `${call}: ${name} is ${describe(value)}: it must be from 0 to below 1.`);
  }
}

/**
 * Checks that values are finite numbers of at least 0.
 *
 * @throws WasmError `INVALID_ARGUMENT`, naming the first value that is not.
 */
export function checkAmounts(call: string, amounts: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(amounts)) {
    if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) continue;
    throw new WasmError('INVALID_ARGUMENT', `${call}: ${name} is ${describe(value)}: it must be a number from 0.`);
  }
}

/**
 * Checks that values are booleans.
 *
 * @throws WasmError `INVALID_ARGUMENT`, naming the first value that is not.
 */
export function checkBooleans(call: string, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'boolean') continue;
    throw new WasmError('INVALID_ARGUMENT', `${call}: ${name} is ${describe(value)}: it must be true or false.`);
  }
}

/** Describes a value of an unexpected type in a few words. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number') {
    return `${value}`;
  }
  if (typeof value === 'string') return `"${value}"`;
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Promise) return 'a Promise (await it first)';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
