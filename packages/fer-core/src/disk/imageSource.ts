import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { FerError } from '../errors.js';
import { ioError } from './ioError.js';

/** An image file: its path, a `file:` URL, or its bytes (JPEG, PNG, WebP, GIF, AVIF, TIFF). */
export type ImageSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/** The bytes of an image file, and its name in errors. */
export interface ImageBytes {
  readonly bytes: Uint8Array;
  readonly file?: string | undefined;
}

/** Largest file that is read, in bytes. */
const MOST_BYTES = 268_435_456;

/**
 * Reads a whole source.
 *
 * @param signal - Aborts the reading of a file, which then rejects with the signal's `reason`.
 * @throws FerError `NOT_FOUND` or `IO` for a file that can't be read, `INVALID_DATA` for a folder, a pipe or a file of
 *   over 256 MiB, `UNSUPPORTED` for a URL that is not a file's, `INVALID_ARGUMENT` for anything else.
 */
export async function readImage(source: ImageSource, signal?: AbortSignal): Promise<ImageBytes> {
  if (isOf<Uint8Array>('Uint8Array', source)) {
    return { bytes: new Uint8Array(source.buffer, source.byteOffset, source.length) };
  }
  if (isOf<ArrayBuffer>('ArrayBuffer', source)) return { bytes: new Uint8Array(source) };
  if (source instanceof Blob) {
    const bytes = new Uint8Array(await source.arrayBuffer());
    return 'name' in source && typeof source.name === 'string' ? { bytes, file: source.name } : { bytes };
  }
  const file = pathOf(source);
  return { bytes: await readImageFile(file, signal), file };
}

/** Whether a value is of a type, by its name: those of another realm count as well, such as Jest's. */
function isOf<T>(name: string, value: unknown): value is T {
  return (value as { readonly [Symbol.toStringTag]?: string } | null | undefined)?.[Symbol.toStringTag] === name;
}

function pathOf(source: string | URL): string {
  if (typeof source === 'string' && !/^(https?|file|data|blob):/i.test(source)) return source;
  if (typeof source !== 'string' && !(source instanceof URL)) {
    const type = source === null ? 'null' : typeof source;
    throw new FerError('INVALID_ARGUMENT', `the image is of type ${type}: give a path, a file: URL or its bytes.`);
  }
  const url = new URL(source);
  if (url.protocol === 'file:') return fileURLToPath(url);
  const message = `"${url.protocol}" URLs are not read: fetch it, and give the bytes of the response.`;
  throw new FerError('UNSUPPORTED', message, { file: String(source).slice(0, 200) });
}

/** Reads a whole image file. Its bytes, not its name, are then decoded: libvips reads options in a file's name. */
async function readImageFile(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) {
      throw new FerError(
        'INVALID_DATA',
        'a folder where an image should be: give an image file, or load the folder with loadImages.',
        { file: path },
      );
    }
    if (!info.isFile()) {
      throw new FerError('INVALID_DATA', 'a pipe or device where an image should be: remove it.', { file: path });
    }
    if (info.size > MOST_BYTES) {
      throw new FerError('INVALID_DATA', `${info.size} bytes are too many for an image: shrink it.`, { file: path });
    }
    return await readFile(path, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw ioError(cause, path);
  }
}
