import { FerError, fromFloat16, isFerError } from 'fer-core';
import type { Dataset, Entity, Group } from 'h5wasm';
import { globalHeapsAreWhole, isCutShort } from './hdf5Structure.js';

/** An array stored in an HDF5 file. */
export interface StoredArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A group of an HDF5 file, with the operations that Keras' files need. Valid until the file is closed. */
export interface Hdf5Group {
  /** The names of its members. */
  readonly names: readonly string[];
  /** Returns a member that is a group, or `undefined` if there is none. */
  group(path: string): Hdf5Group | undefined;
  /** Returns a member that is an array of numbers, or `undefined` if there is none. */
  array(path: string): StoredArray | undefined;
  /** Returns a string attribute, or an attribute that is an array of strings; `undefined` if there is none. */
  texts(attribute: string): readonly string[] | undefined;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether these are the first bytes of an HDF5 file. */
export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** Describes bytes that are not an HDF5 file, for a message. */
export function describeForeign(bytes: Uint8Array): string {
  const start = new TextDecoder().decode(bytes.subarray(0, 200)).trimStart();
  if (bytes.length === 0) return 'it is empty';
  if (start.startsWith('<')) return 'it is a web page, not an HDF5 file (a login or error page in its place?)';
  return 'it is not an HDF5 file';
}

let opened = 0;
/** Whether the library has trapped, which may have made it unusable, and has read nothing since. */
let trapped = false;

/**
 * Reads from an HDF5 file with the HDF5 library, compiled to WASM, which is loaded on first use.
 *
 * @param file - Path or URL, for messages.
 * @throws FerError `CORRUPT` if it is not an HDF5 file, is truncated, or is damaged where it is read; `UNSUPPORTED` if
 *   the library keeps failing after it has read a damaged file.
 */
export async function readHdf5<T>(
  bytes: Uint8Array,
  file: string,
  read: (root: Hdf5Group) => T,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const corrupt = (reason: string, cause?: unknown) =>
    new FerError('CORRUPT', `${reason}: fetch it again.`, { file }, { cause });
  if (!isHdf5(bytes)) throw corrupt(describeForeign(bytes));
  if (isCutShort(bytes)) throw corrupt('it is cut short');
  if (!globalHeapsAreWhole(bytes)) throw corrupt('its HDF5 structure is damaged');
  const { File, ready } = await import('h5wasm');
  const module = await ready;
  signal?.throwIfAborted();
  const name = `/fer-${opened++}.h5`;
  // The library prints its errors unless it throws them.
  module.activate_throwing_error_handler();
  let opening: InstanceType<typeof File> | undefined;
  try {
    module.FS.writeFile(name, bytes);
    opening = new File(name, 'r');
    const found = read(wrap(opening));
    trapped = false;
    return found;
  } catch (cause) {
    if (isFerError(cause)) throw cause;
    const trap = cause instanceof WebAssembly.RuntimeError;
    if (trap && trapped) {
      const message = 'the HDF5 library has failed since it met a damaged file before: start the program again.';
      throw new FerError('UNSUPPORTED', message, { file }, { cause });
    }
    trapped ||= trap;
    throw corrupt('its HDF5 structure is damaged', cause);
  } finally {
    release(() => opening?.close());
    module.deactivate_throwing_error_handler();
    release(() => module.FS.unlink(name));
  }
}

/** An error while closing a damaged file would hide the first error. */
function release(close: () => void): void {
  try {
    close();
  } catch {
    // Whatever the library still holds of the file stays in its memory.
  }
}

function wrap(group: Group): Hdf5Group {
  const names = group.keys();
  const find = (path: string) => {
    const [first] = path.split('/');
    return names.includes(first) ? group.get(path) : null;
  };
  return {
    names,
    group(path) {
      const found = find(path);
      return isA<Group>(found, 'Group') ? wrap(found) : undefined;
    },
    array(path) {
      const found = find(path);
      if (!isA<Dataset>(found, 'Dataset')) return undefined;
      const values = numbersOf(found);
      return values && { shape: found.shape ?? [], values };
    },
    texts(attribute) {
      const value = group.attrs[attribute]?.value;
      if (value === undefined || value === null) return undefined;
      const texts = (Array.isArray(value) ? value : ArrayBuffer.isView(value) ? [] : [value]) as unknown[];
      return texts.map((text) => (typeof text === 'string' ? text : new TextDecoder().decode(text as Uint8Array)));
    },
  };
}

/** Returns the numbers of an array of floats, or a single number; `undefined` for other types. */
function numbersOf(dataset: Dataset): Float32Array | undefined {
  const { metadata } = dataset;
  const float = 1;
  if (metadata.type === float && metadata.size === 2) {
    // The library doesn't support half precision. Reading the values as 16-bit integers returns their bits.
    Object.assign(metadata, { type: 0, signed: false });
    return fromFloat16(dataset.value as Uint16Array);
  }
  const { value } = dataset;
  // E.g. how many values a Normalization was adapted to, an integer.
  if (typeof value === 'number' || typeof value === 'bigint') return Float32Array.of(Number(value));
  return value instanceof Float32Array || value instanceof Float64Array ? Float32Array.from(value) : undefined;
}

function isA<T extends Entity>(entity: Entity | null, type: 'Group' | 'Dataset'): entity is T {
  return entity !== null && 'type' in entity && entity.type === type;
}
