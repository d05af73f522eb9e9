import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { diskStore, ioError } from 'fer-core/node';
import { checkStorePath, type Store } from './store.js';

/**
 * A store in a folder on a disk or a network file system. Files are written atomically: under another name first, then
 * flushed and renamed.
 */
export function folderStore(path: string): Store {
  const store = diskStore(path);
  return {
    ...store,
    async has(name) {
      const file = join(store.location, checkStorePath(name));
      try {
        return (await stat(file)).isFile();
      } catch (cause) {
        const error = ioError(cause, file);
        if (error.code === 'NOT_FOUND') return false;
        throw error;
      }
    },
    folder: (inner) => folderStore(join(store.location, checkStorePath(inner))),
  };
}
