import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ioError } from 'fer-core/node';
import { isS3 } from './openStore.js';

/** The pictures to be labelled, in a folder or a bucket. They are only read. */
export interface Pictures {
  /** The names of all picture files, sorted: paths with forward slashes. */
  list(): Promise<string[]>;
  /** @throws FerError `NOT_FOUND` or `IO` */
  read(name: string): Promise<Uint8Array>;
}

const PICTURE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i;

/** Opens a folder of pictures, including its sub-folders, or the pictures below `s3://bucket/prefix`. */
export async function openPictures(location: string): Promise<Pictures> {
  if (isS3(location)) {
    const { openBucket, parseS3 } = await import('./bucket.js');
    const { bucket: name, prefix } = parseS3(location);
    const bucket = openBucket(name);
    return {
      async list() {
        const keys = await bucket.list(prefix, { deep: true });
        return keys.map((key) => key.slice(prefix.length)).filter((key) => PICTURE.test(key));
      },
      read: (picture) => bucket.read(prefix + picture),
    };
  }
  return {
    async list() {
      try {
        const names = await readdir(location, { recursive: true });
        return names
          .filter((name) => PICTURE.test(name))
          .map((name) => name.split(sep).join('/'))
          .sort();
      } catch (cause) {
        throw ioError(cause, location);
      }
    },
    async read(name) {
      const file = join(location, name);
      try {
        return new Uint8Array(await readFile(file));
      } catch (cause) {
        throw ioError(cause, file);
      }
    },
  };
}
