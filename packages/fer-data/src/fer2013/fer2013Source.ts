import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { FerError } from 'fer-core';
import { ioError } from 'fer-core/node';
import type { ByteSource } from './byteSource.js';
import type { Fer2013Options } from './fer2013.js';

/** Where FER2013's csv may come from. */
export type Fer2013Source = string | URL | Readable | ByteSource;

/** A source that is open. */
export interface OpenSource {
  readonly bytes: ByteSource;
  readonly name?: string;
  readonly totalBytes?: number;
  close(): Promise<void>;
}

/** The path of a source that is a file. */
export function pathOf(source: Fer2013Source): string | undefined {
  if (typeof source === 'string') return source;
  return source instanceof URL && source.protocol === 'file:' ? fileURLToPath(source) : undefined;
}

/**
 * @throws FerError `NOT_FOUND` where there is no such file, `IO` where it can't be opened or fetched, `UNSUPPORTED` for
 * other URLs than `file:`, `http:` and `https:`.
 */
export async function openSource(
  source: Fer2013Source,
  { name, signal }: Pick<Fer2013Options, 'name' | 'signal'>,
): Promise<OpenSource> {
  const path = pathOf(source);
  if (path === undefined) {
    if (source instanceof URL) return fetchBytes(source, name ?? String(source), signal);
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
        // Closing waits for a read under way, which for a pipe may be for ever.
        const closing = file.close();
        if (!signal?.aborted) await closing;
      },
    };
  } catch (cause) {
    await file.close();
    throw ioError(cause, path);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw ioError(cause, path);
  }
}

/** The bytes of a file in one buffer used over and over: a stream's buffers would pile up until they are collected. */
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

async function fetchBytes(url: URL, file: string, signal?: AbortSignal): Promise<OpenSource> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FerError('UNSUPPORTED', `URLs of "${url.protocol}" are not read: use file:, http: or https:.`, { file });
  }
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new FerError('IO', 'the request failed: check the address and the network.', { file }, { cause });
  }
  if (!response.ok || !response.body) {
    const code = response.status === 404 ? 'NOT_FOUND' : 'IO';
    throw new FerError(code, `the server answered ${response.status}: check the address.`, { file });
  }
  // Content-Length counts bytes before a Content-Encoding is undone: it is then of no use.
  const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  return {
    bytes: response.body,
    name: file,
    totalBytes: length === null ? undefined : Number(length),
    async close() {},
  };
}
