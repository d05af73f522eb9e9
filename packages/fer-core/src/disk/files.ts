import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { checkString } from '../arguments.js';
import { describeValue, FerError } from '../errors.js';
import { ioError } from './ioError.js';
import { removeAbandoned, stagingPath } from './staging.js';

/**
 * Writes one file atomically: to a temporary file beside it, which is flushed and then renamed. Temporary files that a
 * killed program left for the same file are removed.
 *
 * @param content - One piece, or several pieces in order.
 * @throws FerError `IO` or `NOT_FOUND`, with the system's reason; the old file is then kept.
 *
 * @example
 * ```ts
 * await writeFileAtomic('evaluation.json', JSON.stringify(evaluation));
 * ```
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  checkString('the path', path);
  checkContent(content);
  const file = resolve(path);
  const staging = stagingPath(file);
  try {
    await mkdir(dirname(file), { recursive: true });
    await removeAbandoned(file);
    await writeFlushed(staging, content);
    await rename(staging, file);
  } catch (cause) {
    await rm(staging, { force: true }).catch(() => undefined);
    throw ioError(cause, file);
  }
}

function checkContent(content: unknown): void {
  const parts = Array.isArray(content) ? content : [content];
  if (!Array.isArray(content) && typeof content === 'string') return;
  const wrong = parts.find((part) => !(part instanceof Uint8Array));
  if (wrong === undefined && parts.length > 0 && !parts.includes(undefined)) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `the content is ${describeValue(wrong)}: give bytes, text, or an array of bytes.`,
  );
}

/** Writes a file and waits until it is on the disk. */
export async function writeFlushed(file: string, content: Uint8Array | string | readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'w');
  try {
    // Each part is appended to the previous one.
    const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The bytes of a file. Throws `NOT_FOUND` or `IO`. */
export async function readWhole(file: string): Promise<Uint8Array> {
  try {
    const buffer = await readFile(file);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (cause) {
    throw ioError(cause, file);
  }
}
