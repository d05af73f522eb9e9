import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { bindRunOptions, checkString, FerError, type RunOptions } from 'fer-core';
import { get } from './get.js';
import { differenceFrom, type PublishedFile } from './imagenet.js';

/** Options of a download. */
export interface DownloadOptions extends RunOptions {
  /**
   * The folder of cached files. @default the system's cache: `$XDG_CACHE_HOME/fer` or `~/.cache/fer`, on macOS
   * `~/Library/Caches/fer`, on Windows `%LOCALAPPDATA%\fer`
   */
  readonly cacheFolder?: string | undefined;
}

/** Number of attempts. Each one resumes where the one before was interrupted. */
const TRIES = 3;

/**
 * Downloads a published file on first use and caches it on disk. Data go to a `.part` file first, from which the next
 * attempt or the next call resumes. The file gets its name only when its checksum is right. `onProgress` gets `load`
 * events in bytes. Proxies are taken from the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in upper or lower
 * case.
 *
 * @throws FerError `IO` or `NOT_FOUND` if the download fails, with instructions for a manual download; `CORRUPT` if the
 *   downloaded file is a different one, which is then deleted.
 */
export async function download(
  file: PublishedFile,
  options: DownloadOptions = {},
): Promise<{ path: string; bytes: Uint8Array }> {
  const name = new URL(file.url).pathname.split('/').at(-1)!;
  const { cacheFolder = defaultCacheFolder() } = options;
  checkString('cacheFolder', cacheFolder);
  const path = join(cacheFolder, name);
  const part = `${path}.part`;
  try {
    const kept = await readIfThere(path);
    if (kept && !differenceFrom(kept, file)) return { path, bytes: kept };
    await mkdir(dirname(path), { recursive: true });
    const bytes = await fetchInto(part, file, options);
    await rename(part, path);
    return { path, bytes };
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw explain(cause, file, path);
  }
}

async function fetchInto(part: string, file: PublishedFile, options: DownloadOptions): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const resumed = (await sizeOf(part)) > 0;
    try {
      await receive(file.url, part, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof FerError || attempt === TRIES) throw error;
      continue;
    }
    const bytes = await readFile(part);
    const difference = differenceFrom(bytes, file);
    if (!difference) return bytes;
    await rm(part, { force: true });
    // The part that it resumed from may be damaged or of another version, so it tries once more from the start.
    if (!resumed || attempt === TRIES) throw new FerError('CORRUPT', difference);
  }
}

/** Appends the missing bytes to the part. Throws a FerError if another attempt is pointless. */
async function receive(url: string, part: string, run: RunOptions): Promise<void> {
  const { onProgress, signal } = bindRunOptions(run);
  const had = await sizeOf(part);
  const answer = await get(new URL(url), had > 0 ? { range: `bytes=${had}-` } : {}, signal);
  try {
    const { status } = answer;
    // The server has nothing left to send; the checksum shows whether the file is complete.
    if (status === 416) return;
    if (status !== 200 && status !== 206) {
      const message = `the server answered ${status}`;
      throw status >= 500 ? new Error(message) : new FerError(status === 404 ? 'NOT_FOUND' : 'IO', message);
    }
    if (/^text\/html\b/i.test(answer.headers.get('content-type') ?? '')) {
      throw new FerError('NOT_FOUND', 'the server answered with a web page');
    }
    // A server without range support sends the whole file.
    const from = status === 206 ? had : 0;
    const length = answer.headers.get('content-length');
    const totalBytes = length === null ? undefined : from + Number(length);
    let bytes = from;
    const handle = await open(part, from > 0 ? 'a' : 'w');
    try {
      // Each piece is written to disk before the next is read, so an interruption loses nothing.
      for await (const chunk of answer.parts()) {
        await handle.writeFile(chunk);
        bytes += chunk.length;
        onProgress?.({ kind: 'load', rows: 0, bytes, totalBytes });
        signal?.throwIfAborted();
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  } finally {
    await answer.close();
  }
}

function explain(cause: unknown, { url, md5 }: PublishedFile, path: string): FerError {
  const { message, code } = cause as NodeJS.ErrnoException;
  return new FerError(
    cause instanceof FerError ? cause.code : 'IO',
    `can't be fetched (${message || code}). Call again to go on where it stopped; behind a proxy, set HTTPS_PROXY. Or ` +
      `download it by other means, check that its md5 is ${md5}, and put it at ${path}, or pass its path as weights.`,
    { file: url },
    { cause },
  );
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return (await sizeOf(path)) > 0 ? readFile(path) : undefined;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function defaultCacheFolder(): string {
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'fer');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'fer');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fer');
}
