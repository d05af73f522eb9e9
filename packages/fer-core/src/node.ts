/**
 * Saved classifiers and stores on disk, and files written all or nothing.
 *
 * @module fer-core/node
 */

import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FerError } from './errors.js';
import { checkStoreName, type FileStore } from './fileStore.js';
import type { Folder } from './folder.js';

/**
 * A folder on disk. Writing is all or nothing: the files go to a temporary folder beside it, are flushed, and the
 * folder is renamed into place; a crash leaves either the old content or the new one, and `read` finds it.
 *
 * Since writing replaces the whole folder, it refuses one that holds none of the names it is about to write: that is
 * somebody else's (`INVALID_ARGUMENT`).
 *
 * @param path - Created, parents included, by the first write.
 */
export function diskFolder(path: string): Folder {
  const location = resolve(path);
  const previous = `${location}.previous.tmp`;
  return {
    location,
    async read(name) {
      const crashed = !(await exists(location)) && (await exists(previous));
      return readWhole(join(crashed ? previous : location, ...name.split('/')));
    },
    async write(files) {
      const staging = `${location}.${randomBytes(6).toString('hex')}.tmp`;
      let aside = false;
      try {
        await checkOurs(location, files);
        for (const [name, bytes] of files) {
          const file = join(staging, ...name.split('/'));
          await mkdir(dirname(file), { recursive: true });
          await writeFlushed(file, bytes);
        }
        // A folder can't be renamed over a full one: the old content steps aside for the moment between two renames.
        if (await exists(location)) {
          await rm(previous, { recursive: true, force: true });
          await rename(location, previous);
          aside = true;
        }
        await rename(staging, location);
      } catch (cause) {
        if (aside) await rename(previous, location).catch(() => undefined);
        await rm(staging, { recursive: true, force: true }).catch(() => undefined);
        throw ioError(cause, location);
      }
      // The new content is in place; what is left of the old one does no harm, and the next write removes it.
      await rm(previous, { recursive: true, force: true }).catch(() => undefined);
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Refuses to replace a folder, or a file, that was not written by us. */
async function checkOurs(location: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  let held: string[] | undefined;
  try {
    held = await readdir(location);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'ENOTDIR') throw cause;
  }
  const names = new Set([...files.keys()].map((name) => name.split('/')[0]));
  if (held?.length === 0 || held?.some((name) => names.has(name))) return;
  throw new FerError('INVALID_ARGUMENT', 'something else is in the way: choose a new or empty folder.', {
    file: location,
  });
}

/**
 * Writes one file, all or nothing: to a temporary name beside it, flushed, then renamed.
 *
 * @param content - In one piece, or in several that follow one another.
 * @throws FerError `IO` or `NOT_FOUND`, with the system's reason; the old file is then still there.
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  const file = resolve(path);
  const staging = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFlushed(staging, content);
    await rename(staging, file);
  } catch (cause) {
    await rm(staging, { force: true }).catch(() => undefined);
    throw ioError(cause, file);
  }
}

/**
 * A store on disk: a folder of plain files. Several may be written at once; one name by one writer at a time.
 *
 * @param path - Created, parents included, by the first write.
 */
export function diskStore(path: string): FileStore {
  const location = resolve(path);
  return {
    location,
    async list() {
      try {
        return (await readdir(location)).filter((name) => !name.startsWith('.')).sort();
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw ioError(cause, location);
      }
    },
    read: (name) => readWhole(join(location, checkStoreName(name))),
    async write(name, bytes) {
      const file = join(location, checkStoreName(name));
      // One fixed name: what a crash leaves of it, the next write of the same file replaces.
      const staging = join(location, `.${name}.tmp`);
      try {
        await mkdir(location, { recursive: true });
        await writeFlushed(staging, bytes);
        await rename(staging, file);
      } catch (cause) {
        await rm(staging, { force: true }).catch(() => undefined);
        throw ioError(cause, file);
      }
    },
    async remove(name) {
      const file = join(location, checkStoreName(name));
      await rm(file, { force: true }).catch((cause) => {
        throw ioError(cause, file);
      });
    },
  };
}

async function writeFlushed(file: string, content: Uint8Array | string | readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'w');
  try {
    // Each goes on where the last one stopped.
    const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readWhole(file: string): Promise<Uint8Array> {
  try {
    const buffer = await readFile(file);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (cause) {
    throw ioError(cause, file);
  }
}

/** A system error as a {@link FerError}: `NOT_FOUND` for a path that is not there, `IO` for the rest. */
export function ioError(cause: unknown, file: string): FerError {
  if (cause instanceof FerError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FerError('NOT_FOUND', 'no such file or folder: check the path.', { file }, { cause });
  }
  return new FerError('IO', `${message}.`, { file }, { cause });
}
