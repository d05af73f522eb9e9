import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FerError } from './errors.js';
import type { Folder } from './folder.js';

/**
 * A folder on disk. Writing is all or nothing: the files go to a temporary folder beside it, are flushed, and the
 * folder is renamed into place; a crash leaves either the old content or the new one, and `read` finds it.
 *
 * @param path - Created, parents included, by the first write.
 */
export function diskFolder(path: string): Folder {
  const location = resolve(path);
  const previous = `${location}.previous`;
  return {
    location,
    async read(name) {
      const missing = (await stat(location).catch(() => undefined)) === undefined;
      return readWhole(join(missing ? previous : location, ...name.split('/')));
    },
    async write(files) {
      const staging = `${location}.${randomBytes(6).toString('hex')}.tmp`;
      try {
        for (const [name, bytes] of files) {
          const file = join(staging, ...name.split('/'));
          await mkdir(dirname(file), { recursive: true });
          await writeFlushed(file, bytes);
        }
        // A folder can't be renamed over a full one: the old content steps aside for the moment between two renames.
        if (await stat(location).catch(() => undefined)) {
          await rm(previous, { recursive: true, force: true });
          await rename(location, previous);
        }
        await rename(staging, location);
        await rm(previous, { recursive: true, force: true });
      } catch (cause) {
        await rm(staging, { recursive: true, force: true }).catch(() => undefined);
        throw ioError(cause, location);
      }
    },
  };
}

/**
 * Writes one file, all or nothing: to a temporary name beside it, flushed, then renamed.
 *
 * @throws FerError `IO`, with the system's reason; the old file is then still there.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
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

async function writeFlushed(file: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(content);
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
