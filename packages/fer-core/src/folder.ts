import { checkFunction, checkObject, checkString } from './arguments.js';
import { checkIsArray, describeValue, FerError } from './errors.js';
import { checkAddress, type FetchOptions, fetchBytes } from './fetch.js';
import { fetchOf } from './fetchOf.js';
import { checkOptions } from './options.js';

/** A place that holds the files of one saved classifier. */
export interface Folder {
  /** Path or URL, for messages. */
  readonly location: string;
  /**
   * The bytes of one file.
   *
   * @param name - Relative, with forward slashes.
   * @param signal - If it aborts during a slow read, e.g. over a network, the read rejects with its reason.
   * @throws FerError `NOT_FOUND` or `IO`.
   */
  read(name: string, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * Replaces all content of the folder atomically: after a failure or a crash it holds what it held before. Read-only
   * folders lack this method.
   */
  write?(files: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

/** The file of a saved classifier that lists the others. */
export const MANIFEST = 'classifier.json';

/**
 * A folder in memory: for bundled bytes, and for tests.
 *
 * @param files - The initial content; the map is copied.
 * @throws FerError `INVALID_ARGUMENT` or `INVALID_DATA` for anything but names with bytes.
 *
 * @example
 * ```ts
 * const folder = memoryFolder();
 * await saveClassifier(classifier, folder);
 * const copy = await loadClassifier(folder, { backbones, heads });
 * ```
 */
export function memoryFolder(files: Iterable<readonly [string, Uint8Array]> = []): Folder {
  if (typeof files !== 'object' || files === null || !(Symbol.iterator in files)) {
    throw new FerError('INVALID_ARGUMENT', `the files are ${describeValue(files)}: give a Map from names to bytes.`);
  }
  const given = [...files];
  if (!given.every(Array.isArray)) {
    throw new FerError('INVALID_ARGUMENT', 'the files are not all pairs of a name and bytes: give a Map.');
  }
  let held = new Map(given);
  checkFiles(held);
  return {
    location: 'memory',
    async read(name) {
      const bytes = held.get(name);
      if (!bytes) throw new FerError('NOT_FOUND', 'no such file among the bundled bytes.', { file: name });
      return bytes;
    },
    async write(replacement) {
      checkFiles(replacement);
      held = new Map(replacement);
    },
  };
}

/**
 * A folder behind a URL, read with `fetch`. `read` throws as {@link fetchBytes} does: a 404, or a web page in place of
 * the file, is `NOT_FOUND`; any other failure is `IO`. If the signal of `read` or `init.signal` aborts, `read` rejects
 * with its reason.
 *
 * @param url - Address of the folder; in browsers it may be relative to the page. A query is sent with every file.
 * @param options - `fetch` to use, and what to pass to it.
 * @throws FerError `INVALID_ARGUMENT` for the address of a file, such as `model.json`, instead of its folder.
 *
 * @example
 * ```ts
 * const classifier = await loadClassifier(urlFolder('/models/svm'), { backbones, heads });
 * ```
 */
export function urlFolder(url: string | URL, options: Pick<FetchOptions, 'fetch' | 'init'> = {}): Folder {
  checkOptions('urlFolder', options, ['fetch', 'init']);
  if (options.fetch !== undefined) checkFunction('fetch', options.fetch);
  if (options.init !== undefined) checkObject('init', options.init, 'give an object such as { headers }');
  checkAddress(url);
  const [, path, query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(`${url}`)!;
  const location = path.replace(/\/$/, '');
  const fileName = /[^/]*$/.exec(location)?.[0];
  if (fileName === MANIFEST || fileName === 'model.json') {
    throw new FerError('INVALID_ARGUMENT', 'this is the address of a file: give the address of its folder.', {
      file: location,
    });
  }
  return {
    location,
    async read(name, signal) {
      checkString('the name of a file', name);
      const file = `${location}/${name.split('/').map(encodeURIComponent).join('/')}`;
      return fetchBytes(file + query, { fetch: fetchOf(options), init: options.init, signal });
    },
  };
}

/**
 * Checks files by their names.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but a map from names to bytes.
 */
export function checkFiles(files: ReadonlyMap<string, Uint8Array>): void {
  if (!(files instanceof Map)) {
    throw new FerError('INVALID_ARGUMENT', `the files are ${describeValue(files)}: give a Map from names to bytes.`);
  }
  for (const [name, bytes] of files) {
    checkString('the name of a file', name);
    checkIsArray(`the bytes of ${name}`, bytes, 'Uint8Array');
  }
}

/**
 * Whether a name is one that a saved file may have: relative, with forward slashes, of letters, digits, `_`, `-` and
 * dots that do not begin a part, so that it is safe on any system and never leaves its folder.
 */
export function isFileName(name: string): boolean {
  return /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(name);
}
