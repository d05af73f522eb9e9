/**
 * What went wrong, as a small closed set that programs can switch on.
 *
 * - `INVALID_ARGUMENT`: an option or argument has a value outside its documented range.
 * - `INVALID_DATA`: the data read or passed breaks its contract (a bad pixel, a NaN feature, lengths that differ).
 * - `NOT_FOUND`: a file, folder or named thing does not exist.
 * - `IO`: the operating system or the network failed.
 * - `CORRUPT`: something saved does not match its checksum or its format.
 * - `UNSUPPORTED`: a format version, kind or platform this build does not know.
 * - `NOT_FITTED`: `predict` and the like were called before `fit`.
 * - `DIVERGED`: training or a solver reached values that are not finite.
 */
export type FerErrorCode =
  | 'INVALID_ARGUMENT'
  | 'INVALID_DATA'
  | 'NOT_FOUND'
  | 'IO'
  | 'CORRUPT'
  | 'UNSUPPORTED'
  | 'NOT_FITTED'
  | 'DIVERGED';

/** Where it went wrong, as far as it is known. */
export interface ErrorPlace {
  /** Path or URL. */
  readonly file?: string;
  /** 1-based line of a text file or record of a table, its header included. */
  readonly row?: number;
  /** Name of the column, or its 1-based number if columns have no names. */
  readonly column?: string | number;
}

/**
 * Every error the fer libraries throw on purpose. The message begins with what was wrong, says where, and ends with
 * what to do. Cancellation is not one of these: a cancelled call rejects with its signal's `reason`.
 *
 * @example
 * ```ts
 * const error = new FerError('INVALID_DATA', 'label 9 is not one of 0..6.', { file: 'faces.csv', row: 3 });
 * console.log(error.message); // faces.csv, row 3: label 9 is not one of 0..6.
 * ```
 */
export class FerError extends Error {
  override readonly name = 'FerError';
  readonly code: FerErrorCode;
  readonly place: ErrorPlace;

  /**
   * @param code - What went wrong.
   * @param message - A sentence for people. The place, if given, is put in front.
   * @param place - Where it went wrong.
   * @param options - The underlying `cause`.
   */
  constructor(code: FerErrorCode, message: string, place: ErrorPlace = {}, options?: ErrorOptions) {
    super(`${describePlace(place)}${message}`, options);
    this.code = code;
    this.place = place;
  }
}

function describePlace({ file, row, column }: ErrorPlace): string {
  const parts: string[] = [];
  if (file !== undefined) parts.push(file);
  if (row !== undefined) parts.push(`row ${row}`);
  if (column !== undefined) parts.push(`column ${column}`);
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}

/**
 * Whether a value is a {@link FerError}, including one thrown by another copy of this package.
 *
 * @param value - Anything that was caught.
 * @param code - Only errors of this code.
 *
 * @example
 * ```ts
 * try {
 *   await loadFer2013('fer2013.csv');
 * } catch (error) {
 *   if (!isFerError(error, 'NOT_FOUND')) throw error;
 *   console.log('Download FER2013 first.');
 * }
 * ```
 */
export function isFerError(value: unknown, code?: FerErrorCode): value is FerError {
  return (
    value instanceof Error && value.name === 'FerError' && (code === undefined || (value as FerError).code === code)
  );
}

/** Strings up to this length are quoted in messages. */
const QUOTED = 40;

/**
 * Describes a value in a few words, with what to do about the usual mistakes, for messages such as "images are …". Short
 * strings are quoted: the string "1" differs from the number 1.
 */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return `${value}`;
  if (typeof value === 'string') return value.length > QUOTED ? 'a string' : JSON.stringify(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  if (typeof (value as PromiseLike<unknown>).then === 'function') return 'a Promise (await it first)';
  if ('dataSync' in value && 'shape' in value) return 'a tensor (take its numbers with await tensor.data())';
  const type = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  const name = typeof type === 'string' ? type : value.constructor?.name;
  if (!name || name === 'Object') return 'an object';
  // An Int32Array, but a Uint8Array.
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

/**
 * Checks that a value is a typed array of one type. In plain JavaScript another type could go unnoticed: floats in 0..1
 * would become black pixels.
 *
 * @param name - What the array is, in the plural: `images`.
 * @throws FerError `INVALID_DATA`
 */
export function checkIsArray(name: string, value: unknown, type: 'Uint8Array' | 'Uint16Array' | 'Float32Array'): void {
  // Checked by its tag, so that arrays of another realm (an iframe, a worker of a test runner) are accepted.
  if (ArrayBuffer.isView(value) && (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === type) return;
  throw new FerError('INVALID_DATA', `${name} are ${describeValue(value)}: give a ${type}.`);
}
