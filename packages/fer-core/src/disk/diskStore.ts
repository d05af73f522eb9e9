import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkString } from '../arguments.js';
import { checkIsArray } from '../errors.js';
import { checkStoreName, type FileStore } from '../fileStore.js';
import { readWhole, writeFileAtomic } from './files.js';
import { ioError } from './ioError.js';

/**
 * A store on disk: a folder of plain files. Several files may be written at once. If two writers use the same
 * name, the later one wins; the content is always that of one writer.
 *
 * @param path - Created, parents included, by the first write.
 *
 * @example
 * ```ts
 * const store = diskStore('checkpoints');
 * await backbone.fit(train, { epochs: 20, checkpoints: { store } }); // the same call goes on after a crash
 * ```
 */
export function diskStore(path: string): FileStore {
  checkString('the path', path);
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
    read: async (name) => readWhole(join(location, checkStoreName(name))),
    async write(name, bytes) {
      checkIsArray('bytes', bytes, 'Uint8Array');
      await writeFileAtomic(join(location, checkStoreName(name)), bytes);
    },
    async remove(name) {
      const file = join(location, checkStoreName(name));
      await rm(file, { force: true }).catch((cause) => {
        throw ioError(cause, file);
      });
    },
  };
}
