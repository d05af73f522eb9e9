import { FerError } from './errors.js';

/** A place that holds the files of one saved classifier. */
export interface Folder {
  /** Path or URL, for messages. */
  readonly location: string;
  /**
   * The bytes of one file.
   *
   * @param name - Relative, with forward slashes.
   * @throws FerError `NOT_FOUND` or `IO`.
   */
  read(name: string): Promise<Uint8Array>;
  /**
   * Replaces everything the folder holds, all or nothing: after a failure or a crash it holds what it held before.
   * Folders that can only be read lack it.
   */
  write?(files: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

/**
 * A folder in memory: for bundled bytes, and for tests.
 *
 * @param files - What it holds at first; the map is copied.
 */
export function memoryFolder(files: Iterable<readonly [string, Uint8Array]> = []): Folder {
  let held = new Map(files);
  return {
    location: 'memory',
    async read(name) {
      const bytes = held.get(name);
      if (!bytes) throw new FerError('NOT_FOUND', 'no such file among the bundled bytes.', { file: name });
      return bytes;
    },
    async write(replacement) {
      held = new Map(replacement);
    },
  };
}

/**
 * A folder behind a URL, read with `fetch`.
 *
 * @param url - Address of the folder; in browsers it may be relative to the page.
 * @param options - `fetch` to use, and what to pass to it.
 */
export function urlFolder(
  url: string | URL,
  options: { readonly fetch?: typeof globalThis.fetch; readonly init?: RequestInit } = {},
): Folder {
  const base = `${url}`.replace(/\/*$/, '/');
  return {
    location: base,
    async read(name) {
      const file = base + name.split('/').map(encodeURIComponent).join('/');
      let response: Response;
      try {
        response = await (options.fetch ?? globalThis.fetch)(file, options.init);
      } catch (cause) {
        throw new FerError('IO', 'the request failed: check the address and the network.', { file }, { cause });
      }
      if (!response.ok) {
        const code = response.status === 404 ? 'NOT_FOUND' : 'IO';
        throw new FerError(code, `the server answered ${response.status}: check the address.`, { file });
      }
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
