import { FerError, type FileStore, isFileName } from 'fer-core';

/**
 * The store of a job's inputs and outputs: a folder that all machines can reach, or an S3 bucket. It extends fer-core's
 * `FileStore`, so `extractFeatures`, `readFeatures` and checkpoints work with it.
 */
export interface Store extends FileStore {
  /** Whether a file exists. */
  has(name: string): Promise<boolean>;
  /**
   * A store within this one.
   *
   * @param path - Plain names, separated by slashes.
   * @throws FerError `INVALID_ARGUMENT` for any other path.
   */
  folder(path: string): Store;
}

/** A file of a store, by its path from the store's root. */
export interface Place {
  readonly folder: string;
  readonly name: string;
}

/** Whether the file at a path exists. */
export function hasFile(store: Store, { folder, name }: Place): Promise<boolean> {
  return store.folder(folder).has(name);
}

/** Reads a JSON file. Throws `NOT_FOUND` or `IO` as `read` does, and `CORRUPT` for anything but JSON. */
export async function readJson<T>(store: Store, name: string): Promise<T> {
  const bytes = await store.read(name);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch (cause) {
    throw new FerError(
      'CORRUPT',
      'it is not JSON: remove it, and enqueue again.',
      { file: `${store.location}/${name}` },
      { cause },
    );
  }
}

/** Writes a JSON file. */
export function writeJson(store: Store, name: string, value: unknown): Promise<void> {
  return store.write(name, new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

/** Refuses a path that could leave the store. */
export function checkStorePath(path: string): string {
  if (isFileName(path)) return path;
  throw new FerError(
    'INVALID_ARGUMENT',
    `"${path}" is not a valid path in a store: use letters, digits, _, - and dots.`,
  );
}
