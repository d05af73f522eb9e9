import { checkIsArray, describeValue, FerError } from './errors.js';
import { checkFiles, MANIFEST } from './folder.js';
import type { Json, JsonObject } from './json.js';
import { isPart } from './manifest.js';

/** One component of a classifier in its saved form. */
export interface SavedPart {
  /** Selects the {@link PartLoader} that reads it back, e.g. `linear-l2-svm`. */
  readonly kind: string;
  /** Everything except the arrays, which are saved as files. */
  readonly config: JsonObject;
  /** Names as {@link isFileName} allows them; numbers little-endian. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Reads back the components of one kind. */
export interface PartLoader<T> {
  readonly kind: string;
  /** @throws FerError `CORRUPT` if the part breaks its format. */
  load(part: SavedPart): Promise<T>;
}

/**
 * The part nested in another part.
 *
 * @param inner - Its description in the outer part's config: its kind and its config.
 * @param prefix - The sub-folder given to {@link mountFiles}; without one, its files are beside the outer part's.
 * @throws FerError `CORRUPT` if `inner` lacks its kind or its config.
 */
export function innerPart(part: SavedPart, inner: Json | undefined, prefix?: string): SavedPart {
  checkPart(part);
  const { kind, files } = part;
  if (!isPart(inner)) {
    throw new FerError('CORRUPT', `the saved ${kind} does not say what it is made of: save the classifier again.`, {
      file: MANIFEST,
    });
  }
  return { ...inner, files: prefix === undefined ? files : unmountFiles(prefix, files) };
}

/** Puts files under a sub-folder, so that the file names of nested parts don't collide. */
export function mountFiles(prefix: string, files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  checkFiles(files);
  return new Map([...files].map(([name, bytes]) => [`${prefix}/${name}`, bytes]));
}

/** The inverse of {@link mountFiles}. */
export function unmountFiles(prefix: string, files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  checkFiles(files);
  const inside = [...files].filter(([name]) => name.startsWith(`${prefix}/`));
  return new Map(inside.map(([name, bytes]) => [name.slice(prefix.length + 1), bytes]));
}

/** One file of a part. Throws `CORRUPT` if it is missing. */
export function partFile(part: SavedPart, name: string): Uint8Array {
  checkPart(part);
  const bytes = part.files.get(name);
  if (!bytes) throw new FerError('CORRUPT', `the saved ${part.kind} lacks this file: save it again.`, { file: name });
  return bytes;
}

function checkPart(part: SavedPart): void {
  if (isPart(part) && (part as SavedPart).files instanceof Map) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `the saved part is ${describeValue(part)}: give { kind, config, files }, as serialize returns it.`,
  );
}

/** Float32 numbers as little-endian bytes. */
export function float32ToBytes(values: Float32Array): Uint8Array {
  checkIsArray('numbers', values, 'Float32Array');
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i], true);
  return new Uint8Array(view.buffer);
}

/**
 * The inverse of {@link float32ToBytes}.
 *
 * @param expected - How many numbers there must be.
 * @throws FerError `CORRUPT` if the number differs.
 */
export function bytesToFloat32(bytes: Uint8Array, expected: number): Float32Array {
  checkIsArray('bytes', bytes, 'Uint8Array');
  if (bytes.length !== expected * 4) {
    throw new FerError('CORRUPT', `${bytes.length} bytes of weights, expected ${expected * 4}: save it again.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(expected);
  for (let i = 0; i < expected; i++) values[i] = view.getFloat32(i * 4, true);
  return values;
}
