import { checkIsArray, describeValue, FerError } from './errors.js';

/** A place for files that are written and removed one by one, each atomically, such as checkpoints. */
export interface FileStore {
  /** Path or name, for messages. */
  readonly location: string;
  /** The names of all files, sorted. Empty if nothing was ever written. */
  list(): Promise<string[]>;
  /**
   * The bytes of one file.
   *
   * @throws FerError `NOT_FOUND` or `IO`.
   */
  read(name: string): Promise<Uint8Array>;
  /**
   * Writes or replaces a file. After a failure or a crash it holds either the old content or all of the new content.
   *
   * @param name - A plain name: letters, digits, `_`, `-`, and dots, not at the beginning.
   * @throws FerError `INVALID_ARGUMENT` for another name, `IO` if the disk is full or the folder can't be written.
   */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file. It is not an error if there is none. */
  remove(name: string): Promise<void>;
}

/**
 * A store that lasts as long as the program: for tests, and for browsers.
 *
 * @example
 * ```ts
 * const store = memoryStore();
 * await backbone.fit(train, { epochs: 20, checkpoints: { store } }); // the same call resumes after an abort
 * console.log(await store.list());
 * ```
 */
export function memoryStore(): FileStore {
  const held = new Map<string, Uint8Array>();
  return {
    location: 'memory',
    async list() {
      return [...held.keys()].sort();
    },
    async read(name) {
      const bytes = held.get(name);
      if (!bytes) throw new FerError('NOT_FOUND', 'no such file in memory.', { file: name });
      return bytes.slice();
    },
    async write(name, bytes) {
      checkIsArray('bytes', bytes, 'Uint8Array');
      held.set(checkStoreName(name), bytes.slice());
    },
    async remove(name) {
      held.delete(name);
    },
  };
}

/** Refuses names that could leave the store's folder, or hide in it. */
export function checkStoreName(name: string): string {
  if (typeof name === 'string' && /^[\w-][\w.-]*$/.test(name)) return name;
  throw new FerError(
    'INVALID_ARGUMENT',
    `${describeValue(name)} is not a valid file name: use letters, digits, _, - and dots.`,
  );
}
