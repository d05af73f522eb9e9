import { bindRunOptions, checkBoolean, checkOptions, FerError } from 'fer-core';
import { SPLIT_NAMES } from '../sampling/splits.js';
import type { Fer2013, Fer2013Options } from './fer2013.js';
import type { Fer2013Batch, StreamFer2013Options } from './fer2013Batches.js';
import { cacheKey, cachePath, checkCachePlace, readCache, writeCache } from './fer2013Cache.js';
import { type Fer2013Source, openSource, pathOf } from './fer2013Source.js';
import { NODE } from './nodePlatform.js';
import { parseFer2013With, READ_OPTIONS, streamFer2013With } from './parseFer2013.js';

/** Options of {@link loadFer2013}. */
export interface LoadFer2013Options extends Fer2013Options {
  /**
   * Whether to keep the unpacked data in `<source>.fer-cache`, with a checksum: loading again then takes a tenth of the
   * time. A cache is used only if the source has the same size and modification time, and the options are the same. A
   * damaged cache is written anew. If it can't be written, the data are loaded without. Only for files.
   * @default false
   */
  readonly cache?: boolean | undefined;
}

/**
 * Loads FER2013 from its csv file (fer2013.csv, icml_face_data.csv), plain or gzipped, whatever its name.
 *
 * The 35,887 rows take about a second and 150 MB. Every row is checked. A bad row is refused with its number, or left
 * out and listed in `skipped` (`onBadRow: 'skip'`).
 *
 * @param source - A path, a `file:`, `http:` or `https:` URL (a `URL` or text), a stream, or an async iterable of bytes.
 * @throws FerError `NOT_FOUND` if there is no such file; `IO` if reading fails; `INVALID_DATA` with file, row and
 *   column for a file that breaks the format; `CORRUPT` for a damaged or truncated gzip file; `INVALID_ARGUMENT` for an
 *   option outside its range, or if something else is in the cache's place.
 *
 * @example
 * ```ts
 * const { train, publicTest } = await loadFer2013('fer2013.csv.gz', { limit: 5000 });
 * ```
 */
export async function loadFer2013(source: Fer2013Source, options: LoadFer2013Options = {}): Promise<Fer2013> {
  checkOptions('loadFer2013', options, ['cache', ...READ_OPTIONS]);
  const { cache = false } = options;
  checkBoolean('cache', cache);
  if (!cache) return load(source, options);
  const path = pathOf(source);
  if (path === undefined) throw new FerError('INVALID_ARGUMENT', 'only files are cached: leave out the option cache.');
  await checkCachePlace(cachePath(path));
  const key = await cacheKey(path, options);
  const cached = key && (await readCache(cachePath(path), key));
  options.signal?.throwIfAborted();
  if (cached) {
    const rows = SPLIT_NAMES.reduce((sum, name) => sum + (cached[name]?.n ?? 0), 0);
    options.onProgress?.({ kind: 'load', rows, bytes: key.size, totalBytes: key.size });
    return cached;
  }
  const data = await load(source, options);
  // If the source has changed meanwhile, parts of both versions may have been read: nothing is cached.
  const after = await cacheKey(path, options);
  if (key && JSON.stringify(after) === JSON.stringify(key)) await writeCache(cachePath(path), key, data);
  return data;
}

async function load(source: Fer2013Source, options: Fer2013Options): Promise<Fer2013> {
  const { bytes, close, ...known } = await openSource(source, options);
  try {
    const { limit, seed } = options;
    return await parseFer2013With(NODE, bytes, { ...readingOptions(options, known), limit, seed });
  } finally {
    await close();
  }
}

/**
 * Reads FER2013's csv batch by batch, in constant memory. A batch has rows of one split, in file order: `batchSize` rows,
 * except for the last batch of each split. Sources, checks and errors are those of {@link loadFer2013}. Leaving the loop
 * closes the source.
 *
 * @example
 * ```ts
 * for await (const batch of streamFer2013('fer2013.csv', { batchSize: 256 })) console.log(batch.split, batch.n);
 * ```
 */
export async function* streamFer2013(
  source: Fer2013Source,
  options: StreamFer2013Options = {},
): AsyncGenerator<Fer2013Batch, void, undefined> {
  const own = READ_OPTIONS.filter((name) => name !== 'limit' && name !== 'seed');
  checkOptions('streamFer2013', options, ['batchSize', 'onSkip', ...own]);
  const { bytes, close, ...known } = await openSource(source, options);
  try {
    const { batchSize, onSkip } = options;
    yield* streamFer2013With(NODE, bytes, {
      ...readingOptions(options, known),
      batchSize,
      onSkip: typeof onSkip === 'function' ? (row) => options.onSkip?.(row) : onSkip,
    });
  } finally {
    await close();
  }
}

/** The options of every reading, with what is known of the source. They may be an instance of a class with getters. */
function readingOptions(
  options: Omit<Fer2013Options, 'limit' | 'seed'>,
  known: { readonly name?: string | undefined; readonly totalBytes?: number | undefined },
): Omit<Fer2013Options, 'limit' | 'seed'> {
  const { onBadRow, maxBytes, name = known.name, totalBytes = known.totalBytes } = options;
  return { onBadRow, maxBytes, name, totalBytes, ...bindRunOptions(options) };
}
