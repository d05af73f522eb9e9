import { breathe, type Dataset, FerError, type RunOptions } from 'fer-core';
import { type ByteSource, limitBytes, peek, readChunks } from './byteSource.js';
import { FaceRows } from './faceRows.js';
import { FACE_PIXELS, type Layout, type RowProblem, readHeader, readRecord, unpackRow } from './fer2013Record.js';
import { scanRow } from './fer2013Scanner.js';
import { foreignFormat } from './foreignFormat.js';
import { gunzip } from './gunzip.js';
import { type Line, readLines } from './lines.js';
import { type RecordReader, splitRecords } from './splitRecords.js';
import { stratifiedSubset } from './stratifiedSubset.js';

/** Longest record, in bytes. A face has under 9,300; the rest is room for further columns. */
const MAX_RECORD = 262_144;
/** How often progress is told, and the event loop let run, in unpacked bytes. */
const BREATHE_BYTES = 4_194_304;

/** Options of {@link parseFer2013} and of `loadFer2013` in fer-data/node. */
export interface Fer2013Options extends RunOptions {
  /**
   * What to do with a row that breaks the format: stop with an error, or leave it out and list it in
   * {@link Fer2013.skipped}.
   * @default 'throw'
   */
  readonly onBadRow?: 'throw' | 'skip';
  /**
   * Keep only so many training rows, chosen by {@link stratifiedSubset}: the classes keep their proportions.
   * @default all of them
   */
  readonly limit?: number;
  /**
   * Seed of the choice that `limit` makes.
   * @default 0
   */
  readonly seed?: number | string;
  /**
   * Most bytes to read, counted unpacked: guards against a gzip file that unpacks to more than the memory.
   * @default 2147483648
   */
  readonly maxBytes?: number;
  /**
   * What to call the source in messages.
   * @default the path or URL, or 'stream'
   */
  readonly name?: string;
  /**
   * Size of the source in bytes, for progress.
   * @default the file's size, where the source is one
   */
  readonly totalBytes?: number;
}

/** A row that was left out. */
export interface SkippedRow {
  /** 1-based record of the file, its header included. */
  readonly row: number;
  /** The column at fault, where it is one. */
  readonly column?: string;
  /** What was wrong, and what it must be. */
  readonly message: string;
}

/**
 * FER2013: grey faces of 48×48 with the classes of `FER2013_CLASSES`. Each data set's `ids` are the row numbers in
 * the file, as text, the header being row 1.
 */
export interface Fer2013 {
  /** The rows of Usage `Training`, in file order; 0 rows where the file has none. */
  readonly train: Dataset;
  /** The rows of Usage `PublicTest`; absent where there are none. */
  readonly publicTest?: Dataset;
  /** The rows of Usage `PrivateTest`; absent where there are none. */
  readonly privateTest?: Dataset;
  /** The rows left out by `onBadRow: 'skip'`. */
  readonly skipped: readonly SkippedRow[];
}

/** What the platform does better than the portable code. */
export interface Fer2013Platform {
  readonly gunzip: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  readonly records: RecordReader;
  /** Whether plainly written rows take the fast path. Off only in tests. @default true */
  readonly scan?: boolean;
}

/**
 * Reads FER2013 in its csv form from bytes, plain or gzipped (told by the first bytes): `emotion,pixels,Usage` in any
 * column order, with LF, CR LF or CR. Further columns are passed over; without `Usage` all rows are training rows.
 * Quoted fields need `loadFer2013` of fer-data/node.
 *
 * @param source - A stream, or chunks of any size.
 * @throws FerError `INVALID_DATA` with file, row and column for anything that is not as it must be; `CORRUPT` for a
 * damaged or truncated gzip file; `IO` where the source fails; `UNSUPPORTED` for quoted fields.
 *
 * @example
 * ```ts
 * const response = await fetch('fer2013.csv.gz');
 * const { train, publicTest } = await parseFer2013(response.body!);
 * ```
 */
export function parseFer2013(source: ByteSource, options: Fer2013Options = {}): Promise<Fer2013> {
  return parseFer2013With({ gunzip, records: splitRecords }, source, options);
}

/** {@link parseFer2013} on a given platform. */
export async function parseFer2013With(
  platform: Fer2013Platform,
  source: ByteSource,
  options: Fer2013Options,
): Promise<Fer2013> {
  const { onBadRow = 'throw', limit, seed = 0, maxBytes = 2 ** 31, name: file = 'stream', signal } = options;
  checkOptions(onBadRow, limit, maxBytes);
  let packedBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of readChunks(source, file, signal)) {
      packedBytes += chunk.length;
      yield chunk;
    }
  }
  const packed = await peek(counted(), 2);
  const isGzip = packed.head[0] === 0x1f && packed.head[1] === 0x8b;
  const unpacked = isGzip ? unpack(platform, packed.bytes, file) : packed.bytes;
  const { head, bytes } = await peek(limitBytes(unpacked, maxBytes, file), 512);

  const splits = [new FaceRows(), new FaceRows(), new FaceRows()];
  const skipped: SkippedRow[] = [];
  const pixels = new Uint8Array(FACE_PIXELS);
  const decoder = new TextDecoder();
  let layout: Layout | undefined;
  /** The record being read. */
  let row = 1;
  /** Text of a record that began on an earlier line, inside quotes. */
  let pending = '';
  let sinceBreath = 0;

  function add(result: number | RowProblem): void {
    if (typeof result === 'number') {
      const { label, usage } = unpackRow(result);
      splits[usage].add(label, pixels, String(row));
    } else if (onBadRow === 'throw') {
      throw new FerError('INVALID_DATA', result.message, { file, row, column: result.column });
    } else {
      skipped.push({ row, ...result });
    }
  }
  /** Reads records in full generality: the header, and every row the scanner declines. */
  async function readGenerally(text: string): Promise<void> {
    const records = await platform.records(text).catch((error) => {
      throw error instanceof FerError ? new FerError(error.code, error.message, { file, row }) : error;
    });
    for (const fields of records) {
      const blank = fields.length === 0 || (fields.length === 1 && fields[0].trim() === '');
      if (!blank && layout) add(readRecord(fields, layout, pixels));
      else if (!blank) layout = readHeader(fields, file, row);
      row++;
    }
  }
  async function readLine(line: Line): Promise<void> {
    pending += `${decoder.decode(line.bytes.subarray(line.start, line.end))}\n`;
    if (pending.length > MAX_RECORD) {
      throw new FerError('INVALID_DATA', 'a quoted field has no end: close the quote.', { file, row });
    }
    if (countQuotes(pending) % 2 === 1) return;
    const text = pending;
    pending = '';
    await readGenerally(text);
  }

  try {
    if (head.length === 0) {
      throw new FerError('INVALID_DATA', 'the file is empty: give a csv that begins with "emotion,pixels,Usage".', {
        file,
      });
    }
    const foreign = foreignFormat(head);
    if (foreign) throw new FerError('INVALID_DATA', `this is not a csv file but ${foreign}.`, { file });
    for await (const line of readLines(bytes, MAX_RECORD, () => ({ file, row }))) {
      const scanned = layout && pending === '' && platform.scan !== false ? scanRow(line, layout, pixels) : -1;
      if (scanned >= 0) {
        add(scanned);
        row++;
      } else {
        await readLine(line);
      }
      sinceBreath += line.end - line.start;
      if (sinceBreath >= BREATHE_BYTES) {
        sinceBreath = 0;
        options.onProgress?.({
          kind: 'load',
          rows: rowsOf(splits),
          bytes: packedBytes,
          totalBytes: options.totalBytes,
        });
        await breathe(signal);
      }
    }
    if (pending !== '') await readGenerally(pending);
  } finally {
    await bytes.return(undefined);
  }
  if (!layout || rowsOf(splits) + skipped.length === 0) {
    throw new FerError('INVALID_DATA', 'the file has a header but no rows: is it cut off?', { file });
  }
  options.onProgress?.({ kind: 'load', rows: rowsOf(splits), bytes: packedBytes, totalBytes: options.totalBytes });

  const [train, publicTest, privateTest] = splits.map((split) => split.toDataset());
  return {
    train: limit === undefined || limit >= train.n ? train : stratifiedSubset(train, limit, { seed }),
    publicTest: publicTest.n > 0 ? publicTest : undefined,
    privateTest: privateTest.n > 0 ? privateTest : undefined,
    skipped,
  };
}

async function* unpack(
  platform: Fer2013Platform,
  bytes: AsyncGenerator<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  // A failure of the source comes out of the decompressor too: it must not be taken for one of the data.
  let sourceError: unknown;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (error) {
      sourceError = error;
      throw error;
    }
  }
  try {
    yield* platform.gunzip(watched());
  } catch (cause) {
    if (sourceError !== undefined) throw sourceError;
    const { message } = cause as Error;
    throw new FerError(
      'CORRUPT',
      `the gzip data are damaged or cut off (${message}): get the file again.`,
      { file },
      {
        cause,
      },
    );
  }
}

function checkOptions(onBadRow: string, limit: number | undefined, maxBytes: number): void {
  if (onBadRow !== 'throw' && onBadRow !== 'skip') {
    throw new FerError('INVALID_ARGUMENT', `onBadRow is "${onBadRow}": it must be 'throw' or 'skip'.`);
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new FerError('INVALID_ARGUMENT', `limit is ${limit}: it must be a whole number from 1.`);
  }
  if (!(maxBytes > 0)) {
    throw new FerError('INVALID_ARGUMENT', `maxBytes is ${maxBytes}: it must be a positive number.`);
  }
}

function rowsOf(splits: readonly FaceRows[]): number {
  return splits.reduce((sum, split) => sum + split.n, 0);
}

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}
