import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { checkDataset, type Dataset, FER2013_CLASSES, FerError } from 'fer-core';
import { writeFileAtomic } from 'fer-core/node';
import { SPLIT_NAMES, type SplitName } from '../sampling/splits.js';
import type { Fer2013, Fer2013Options, SkippedRow } from './fer2013.js';
import { FACE_PIXELS, FACE_SIZE } from './fer2013Record.js';
import { openFile } from './fer2013Source.js';

/** The first bytes of every cache, whatever its version. */
const KIND = 'fer-data cache ';

/** Changes when the layout of the file changes, or what the reader returns for a csv. */
const MAGIC = `${KIND}1`;
const DIGEST_BYTES = 32;
const PREFIX = MAGIC.length + DIGEST_BYTES + 4;

/** The source that a cache was made from, and the options. All of it must match. */
export interface CacheKey {
  /** Bytes of the source. */
  readonly size: number;
  /** Time of the source's last change, in milliseconds. */
  readonly modified: number;
  readonly options: string;
}

interface Header {
  readonly key: CacheKey;
  readonly splits: readonly { readonly name: SplitName; readonly n: number }[];
  readonly skipped: readonly SkippedRow[];
}

/** The path of a source's cache. */
export function cachePath(source: string): string {
  return `${source}.fer-cache`;
}

/** Identifies a source and the options that decide what is read. Returns `undefined` if the source is not a file. */
export async function cacheKey(source: string, options: Fer2013Options): Promise<CacheKey | undefined> {
  const info = await stat(source).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  const { onBadRow = 'throw', limit = null, seed = 0, maxBytes = 2 ** 31 } = options;
  return { size: info.size, modified: info.mtimeMs, options: JSON.stringify([onBadRow, limit, seed, maxBytes]) };
}

/**
 * Refuses to replace something that is not a cache.
 *
 * @throws FerError `INVALID_ARGUMENT` if a folder or a file of another kind is in the cache's place; `IO` for a file
 *   that can't be read.
 */
export async function checkCachePlace(file: string): Promise<void> {
  const info = await stat(file).catch(() => undefined);
  if (!info || (info.isFile() && (info.size === 0 || (await beginning(file)) === KIND))) return;
  const message = 'this is not a cache of fer-data: move it, or leave out the option cache.';
  throw new FerError('INVALID_ARGUMENT', message, { file });
}

/** As many characters from the start of a file as {@link KIND} has. */
async function beginning(file: string): Promise<string> {
  const handle = await openFile(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(KIND.length));
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a cache. Returns `undefined` if there is none, if it belongs to another state of the source or to other options,
 * or if it is damaged in any way.
 */
export async function readCache(file: string, key: CacheKey): Promise<Fer2013 | undefined> {
  try {
    const bytes = await readFile(file);
    const stored = bytes.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES);
    if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
    const headerEnd = PREFIX + bytes.readUInt32LE(PREFIX - 4);
    const header = JSON.parse(bytes.toString('utf8', PREFIX, headerEnd)) as Header;
    if (JSON.stringify(header.key) !== JSON.stringify(key)) return undefined;
    if (!digest([bytes.subarray(MAGIC.length + DIGEST_BYTES)]).equals(stored)) return undefined;
    return unpack(bytes, headerEnd, header);
  } catch {
    return undefined;
  }
}

/**
 * Writes a cache. Layout: magic, SHA-256 of everything after it, length of the header (uint32, little-endian), header
 * (JSON), then row numbers (uint32, little-endian), labels and pixels of each split.
 *
 * Does nothing if it can't be written: a folder may be read-only, and the data are good without a cache.
 */
export async function writeCache(file: string, key: CacheKey, data: Fer2013): Promise<void> {
  const sets = SPLIT_NAMES.flatMap((name) => (data[name] ? [{ name, dataset: data[name] }] : []));
  const splits = sets.map(({ name, dataset }) => ({ name, n: dataset.n }));
  const header = Buffer.from(JSON.stringify({ key, splits, skipped: data.skipped } satisfies Header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const parts: Uint8Array[] = [length, header];
  for (const { dataset } of sets) {
    const rows = Buffer.alloc(4 * dataset.n);
    for (const [i, id] of dataset.ids!.entries()) rows.writeUInt32LE(Number(id), 4 * i);
    parts.push(rows, dataset.labels, dataset.images);
  }
  await writeFileAtomic(file, [Buffer.from(MAGIC), digest(parts), ...parts]).catch(() => undefined);
}

function digest(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function unpack(bytes: Buffer, start: number, { splits, skipped }: Header): Fer2013 {
  let at = start;
  const take = (length: number) => {
    at += length;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + at - length, length);
  };
  const sets: Partial<Record<SplitName, Dataset>> = {};
  for (const { name, n } of splits) {
    const rows = take(4 * n);
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    const ids = Array.from({ length: n }, (_, i) => String(view.getUint32(4 * i, true)));
    const labels = take(n);
    const images = take(n * FACE_PIXELS);
    const shape = { height: FACE_SIZE, width: FACE_SIZE, channels: 1 };
    sets[name] = checkDataset({ images, n, ...shape, labels, classes: FER2013_CLASSES, ids });
  }
  return { train: sets.train!, publicTest: sets.publicTest, privateTest: sets.privateTest, skipped };
}
