import { FerError } from 'fer-core';
import { SPLIT_NAMES } from '../sampling/splits.js';
import type { Fer2013, Fer2013Options } from './fer2013.js';
import type { Fer2013Batch, StreamFer2013Options } from './fer2013Batches.js';
import { cacheKey, cachePath, readCache, writeCache } from './fer2013Cache.js';
import { type Fer2013Source, openSource, pathOf } from './fer2013Source.js';
import { NODE } from './nodePlatform.js';
import { parseFer2013With, streamFer2013With } from './parseFer2013.js';

/** Options of {@link loadFer2013}. */
export interface LoadFer2013Options extends Fer2013Options {
  /**
   * Whether to keep what was read, unpacked and checksummed, in `<source>.fer-cache`: the next load then takes a tenth of
   * the time. It is used only where the source has the same size and time of change, and the options are the same; a
   * damaged one is made anew. Where it can't be written, loading goes on without. Only for files.
   * @default false
   */
  readonly cache?: boolean;
}

/**
 * Loads FER2013 from its csv file (fer2013.csv, icml_face_data.csv), plain or gzipped, whatever its name.
 *
 * The 35,887 rows take about a second and 150 MB. Every row is checked; a bad one is refused with its number, or left
 * out and listed (`onBadRow: 'skip'`): rows are never dropped silently.
 *
 * @param source - A path, a `file:`, `http:` or `https:` URL, a stream, or chunks of bytes.
 * @throws FerError `NOT_FOUND` where there is no such file; `IO` where reading fails; `INVALID_DATA` with file, row
 * and column for anything that is not as it must be; `CORRUPT` for a damaged or truncated gzip file.
 *
 * @example
 * ```ts
 * const { train, publicTest } = await loadFer2013('fer2013.csv.gz', { limit: 5000 });
 * ```
 */
export async function loadFer2013(source: Fer2013Source, options: LoadFer2013Options = {}): Promise<Fer2013> {
  if (!options.cache) return load(source, options);
  const path = pathOf(source);
  if (path === undefined) throw new FerError('INVALID_ARGUMENT', 'only files are cached: leave out "cache".');
  const key = await cacheKey(path, options);
  const cached = key && (await readCache(cachePath(path), key));
  options.signal?.throwIfAborted();
  if (cached) {
    const rows = SPLIT_NAMES.reduce((sum, name) => sum + (cached[name]?.n ?? 0), 0);
    options.onProgress?.({ kind: 'load', rows, bytes: key.size, totalBytes: key.size });
    return cached;
  }
  const data = await load(source, options);
  // A source that changed meanwhile has another key now, and what was read is neither the old nor the new.
  const after = await cacheKey(path, options);
  if (key && JSON.stringify(after) === JSON.stringify(key)) await writeCache(cachePath(path), key, data);
  return data;
}

async function load(source: Fer2013Source, options: Fer2013Options): Promise<Fer2013> {
  const { bytes, close, ...known } = await openSource(source, options);
  try {
    return await parseFer2013With(NODE, bytes, {
      ...options,
      name: options.name ?? known.name,
      totalBytes: options.totalBytes ?? known.totalBytes,
    });
  } finally {
    await close();
  }
}

/**
 * Reads FER2013's csv a batch at a time, in constant memory: for files larger than that. Batches hold rows of one split,
 * in file order, `batchSize` of them but for the last of each split. Sources, checks and errors are those of
 * {@link loadFer2013}; leaving the loop closes the source.
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
  const { bytes, close, ...known } = await openSource(source, options);
  try {
    yield* streamFer2013With(NODE, bytes, {
      ...options,
      name: options.name ?? known.name,
      totalBytes: options.totalBytes ?? known.totalBytes,
    });
  } finally {
    await close();
  }
}
