import {
  breathe,
  checkChoice,
  checkFunction,
  checkOptions,
  checkString,
  describeValue,
  FerError,
  Random,
  RUN_OPTIONS,
} from 'fer-core';
import { type ByteSource, limitBytes, peek, readChunks } from './byteSource.js';
import type { Fer2013, Fer2013Options, SkippedRow } from './fer2013.js';
import { checkBatchSize, type Fer2013Batch, type StreamFer2013Options } from './fer2013Batches.js';
import { Fer2013Reader, MAX_RECORD } from './fer2013Reader.js';
import { foreignFormat } from './foreignFormat.js';
import { gunzip } from './gunzip.js';
import { readLines } from './lines.js';
import { type RecordReader, splitRecords } from './records.js';

/** Unpacked bytes between two progress events, at which the event loop may also run. */
const BREATHE_BYTES = 4_194_304;

/** The names of {@link Fer2013Options}. */
export const READ_OPTIONS = ['onBadRow', 'limit', 'seed', 'maxBytes', 'name', 'totalBytes', ...RUN_OPTIONS];

/** The parts of the reader that differ between platforms. */
export interface Fer2013Platform {
  readonly gunzip: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  readonly records: RecordReader;
  /** Whether to try the fast path for rows in plain form. Tests turn it off. @default true */
  readonly scan?: boolean | undefined;
}

/**
 * Reads FER2013's csv from bytes, plain or gzipped (recognised by the first bytes): `emotion,pixels,Usage` in any column
 * order, with LF, CR LF or CR. Further columns are ignored. Without `Usage` all rows are training rows. Quoted fields and
 * gzip files of several members need `loadFer2013` of fer-data/node.
 *
 * @param source - A stream or an async iterable of bytes.
 * @throws FerError `INVALID_DATA` with file, row and column for a file that breaks the format; `CORRUPT` for a damaged
 *   or truncated gzip file; `IO` if the source fails; `UNSUPPORTED` for quoted fields; `INVALID_ARGUMENT` for an
 *   option outside its range.
 *
 * @example
 * ```ts
 * const response = await fetch('fer2013.csv.gz');
 * const { train, publicTest } = await parseFer2013(response.body!);
 * ```
 */
export async function parseFer2013(source: ByteSource, options: Fer2013Options = {}): Promise<Fer2013> {
  checkOptions('parseFer2013', options, READ_OPTIONS);
  return parseFer2013With({ gunzip, records: splitRecords }, source, options);
}

/** {@link parseFer2013} for a platform. */
export async function parseFer2013With(
  platform: Fer2013Platform,
  source: ByteSource,
  options: Fer2013Options,
): Promise<Fer2013> {
  const reader = createReader(platform, options);
  for await (const _ of readRows(platform, reader, source, options));
  return reader.finish(options);
}

/** `streamFer2013` of fer-data/node for a platform. */
export async function* streamFer2013With(
  platform: Fer2013Platform,
  source: ByteSource,
  options: StreamFer2013Options,
): AsyncGenerator<Fer2013Batch, void, undefined> {
  const { batchSize = 1024 } = options;
  checkBatchSize(batchSize);
  const reader = createReader(platform, options);
  for await (const _ of readRows(platform, reader, source, options)) yield* reader.takeBatches(batchSize);
  reader.checkEnd();
  yield* reader.takeBatches(1, batchSize);
}

function createReader(platform: Fer2013Platform, options: StreamFer2013Options & Fer2013Options): Fer2013Reader {
  const { onBadRow = 'throw', name = 'stream' } = options;
  checkRanges(options);
  const onSkip = options.onSkip && ((row: SkippedRow) => options.onSkip?.(row));
  return new Fer2013Reader(name, platform.records, onBadRow, platform.scan ?? true, onSkip);
}

/** Reads a source to its end. Yields now and then, while rows collect in the reader. */
async function* readRows(
  platform: Fer2013Platform,
  reader: Fer2013Reader,
  source: ByteSource,
  options: Omit<Fer2013Options, 'limit' | 'seed'>,
): AsyncGenerator<void, void, undefined> {
  const { maxBytes = 2 ** 31, name: file = 'stream', signal, totalBytes } = options;
  const chunks = readChunks(source, file, signal);
  let packedBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      packedBytes += chunk.length;
      yield chunk;
    }
  }
  const tell = () => options.onProgress?.({ kind: 'load', rows: reader.rows, bytes: packedBytes, totalBytes });
  try {
    const packed = await peek(counted(), 2);
    const isGzip = packed.head[0] === 0x1f && packed.head[1] === 0x8b;
    const unpacked = isGzip ? unpack(platform, packed.bytes, file) : packed.bytes;
    const { head, bytes } = await peek(limitBytes(unpacked, maxBytes, file), 512);
    if (head.length === 0) {
      throw new FerError('INVALID_DATA', 'the file is empty: give a csv with "emotion,pixels,Usage".', { file });
    }
    const foreign = foreignFormat(head);
    if (foreign) throw new FerError('INVALID_DATA', `this is not a csv file but ${foreign}.`, { file });
    let sinceBreath = 0;
    for await (const line of readLines(bytes, MAX_RECORD, () => ({ file, row: reader.row }))) {
      if (!reader.tryScan(line)) await reader.read(line);
      sinceBreath += line.end - line.start + 1;
      if (sinceBreath >= BREATHE_BYTES) {
        sinceBreath = 0;
        tell();
        await breathe(signal);
        yield;
      }
    }
    tell();
  } finally {
    // Unpackers read ahead and don't close what they read from.
    await chunks.return();
  }
}

async function* unpack(
  platform: Fer2013Platform,
  bytes: AsyncGenerator<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  // The decompressor also passes on failures of the source, which don't mean that the data are damaged.
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
    const text = `the gzip data are damaged or cut off (${message}): get the file again.`;
    throw new FerError('CORRUPT', text, { file }, { cause });
  }
}

function checkRanges(options: StreamFer2013Options & Fer2013Options): void {
  const { onBadRow = 'throw', limit, maxBytes = 2 ** 31, name = 'stream', totalBytes = 0, onSkip, seed = 0 } = options;
  void new Random(seed);
  checkChoice('onBadRow', onBadRow, ['throw', 'skip']);
  checkString('name', name);
  if (onSkip !== undefined) checkFunction('onSkip', onSkip);
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new FerError('INVALID_ARGUMENT', `limit is ${describeValue(limit)}: it must be a whole number from 1.`);
  }
  if (!(typeof maxBytes === 'number' && maxBytes > 0)) {
    throw new FerError('INVALID_ARGUMENT', `maxBytes is ${describeValue(maxBytes)}: it must be a positive number.`);
  }
  if (!(typeof totalBytes === 'number' && totalBytes >= 0)) {
    throw new FerError('INVALID_ARGUMENT', `totalBytes is ${describeValue(totalBytes)}: it must be a number from 0.`);
  }
}
