import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { FerError, fetchResponse } from 'fer-core';
import { ioError } from 'fer-core/node';
import type { ByteSource } from './byteSource.js';
import type { Fer2013Options } from './fer2013.js';

/** Where FER2013's csv may come from: a path, a `file:`, `http:` or `https:` URL (as text too), a stream, or bytes. */
export type Fer2013Source = string | URL | Readable | ByteSource;

/** A source that is open. */
export interface OpenSource {
  readonly bytes: ByteSource;
  readonly name?: string | undefined;
  readonly totalBytes?: number | undefined;
  close(): Promise<void>;
}

/** The URL of a source, if it is one. A string with a scheme and two slashes is a URL; any other string is a path. */
function urlOf(source: Fer2013Source): URL | undefined {
  if (source instanceof URL) return source;
  if (typeof source !== 'string' || !/^[a-z][a-z\d+.-]+:\/\//i.test(source)) return undefined;
  if (URL.canParse(source)) return new URL(source);
  throw new FerError('INVALID_ARGUMENT', 'this is not a valid URL: check the address.', { file: source });
}

/** The path of a source, if it is a file. */
export function pathOf(source: Fer2013Source): string | undefined {
  const url = urlOf(source);
  if (url?.protocol === 'file:') {
    try {
      return fileURLToPath(url);
    } catch (cause) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `${(cause as Error).message}: give a path.`,
        { file: url.href },
        { cause },
      );
    }
  }
  if (url) return undefined;
  return typeof source === 'string' ? source : undefined;
}

/**
 * Opens a source.
 *
 * @throws FerError `NOT_FOUND` if there is no such file, `IO` if it can't be opened or fetched, `UNSUPPORTED` for
 * URLs other than `file:`, `http:` and `https:`.
 */
export async function openSource(
  source: Fer2013Source,
  { signal }: Pick<Fer2013Options, 'signal'>,
): Promise<OpenSource> {
  const path = pathOf(source);
  if (path === undefined) {
    const url = urlOf(source);
    if (url) return fetchBytes(url, signal);
    return {
      bytes: source as ByteSource,
      async close() {
        if (source instanceof Readable) source.destroy();
      },
    };
  }
  const file = await openFile(path);
  try {
    const info = await file.stat();
    return {
      bytes: fileChunks(file, path),
      name: path,
      totalBytes: info.isFile() ? info.size : undefined,
      async close() {
        // Closing waits for the current read, which may never end on a pipe.
        const closing = file.close();
        if (!signal?.aborted) await closing;
      },
    };
  } catch (cause) {
    await file.close();
    throw ioError(cause, path);
  }
}

/**
 * Opens a file to read it.
 *
 * @throws FerError `NOT_FOUND`, `IO`
 */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw ioError(cause, path);
  }
}

/** The bytes of a file, in one buffer that is reused: a stream's buffers would pile up until they are collected. */
async function* fileChunks(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(262_144);
  for (;;) {
    let bytesRead: number;
    try {
      ({ bytesRead } = await file.read(buffer, 0, buffer.length));
    } catch (cause) {
      throw ioError(cause, path);
    }
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function fetchBytes(url: URL, signal?: AbortSignal): Promise<OpenSource> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const message = `URLs of "${url.protocol}" are not read: use file:, http: or https:.`;
    throw new FerError('UNSUPPORTED', message, { file: url.href });
  }
  const response = await fetchResponse(url, { signal });
  if (!response.body) throw new FerError('IO', 'the server sent no content: check the address.', { file: url.href });
  // With a Content-Encoding, Content-Length counts the encoded bytes, not those that are read here.
  const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  return {
    bytes: response.body,
    name: url.href,
    totalBytes: length === null ? undefined : Number(length),
    async close() {},
  };
}
