import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import {
  breathe,
  checkBoolean,
  checkDataset,
  checkOptions,
  type Dataset,
  FER2013_CLASSES,
  FerError,
  RUN_OPTIONS,
  type RunOptions,
  sameClasses,
} from 'fer-core';
import { ioError, removeAbandoned, stagingPath } from 'fer-core/node';
import { checkPath } from '../files/path.js';
import { checkHardLabels } from '../sampling/softLabels.js';
import { SPLIT_NAMES, type Splits, splitEntries } from '../sampling/splits.js';
import { FACE_PIXELS, FACE_SIZE, USAGES } from './fer2013Record.js';
import { NODE } from './nodePlatform.js';

const ROWS_A_CHUNK = 128;

/** Options of {@link exportCsv}. */
export interface ExportCsvOptions extends RunOptions {
  /** Whether to compress the file with gzip. @default true if the path ends in `.gz` */
  readonly gzip?: boolean | undefined;
}

/**
 * Writes a data set, or splits, as FER2013's csv: `emotion,pixels,Usage`. `loadFer2013` reads back the same images and
 * labels; a single data set becomes training rows. The file is written under a temporary name and then renamed, in
 * constant memory.
 *
 * @param path - Parent folders are made. An existing file is replaced only if it is a csv with these columns.
 * @throws FerError `INVALID_DATA` for data that break their contract, are not grey 48×48, have other classes than
 *   FER2013's (the file stores only their numbers) or have soft labels (the file can't store them); `INVALID_ARGUMENT` if
 *   the path is a folder or another kind of file; `IO`.
 *
 * @example
 * ```ts
 * await exportCsv('without-copies.csv.gz', { train, publicTest });
 * ```
 */
export async function exportCsv(path: string, data: Dataset | Splits, options: ExportCsvOptions = {}): Promise<void> {
  checkOptions('exportCsv', options, ['gzip', ...RUN_OPTIONS]);
  checkPath(path);
  const { gzip = path.endsWith('.gz'), signal } = options;
  checkBoolean('gzip', gzip);
  const entries = splitEntries(data);
  for (const [, dataset] of entries) checkFaces(dataset);
  signal?.throwIfAborted();
  const file = resolve(path);
  await checkReplaceable(file);
  const staging = stagingPath(file);
  const total = entries.reduce((sum, [, { n }]) => sum + n, 0);

  async function* text(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('emotion,pixels,Usage\n');
    let done = 0;
    for (const [split, dataset] of entries) {
      const usage = USAGES[SPLIT_NAMES.indexOf(split)];
      for (let start = 0; start < dataset.n; start += ROWS_A_CHUNK) {
        await breathe(signal);
        const end = Math.min(dataset.n, start + ROWS_A_CHUNK);
        yield writeRows(dataset, start, end, usage);
        done += end - start;
        options.onProgress?.({ kind: 'transform', done, total });
      }
    }
  }

  try {
    await mkdir(dirname(file), { recursive: true });
    const sink = createWriteStream(staging, { flush: true });
    if (gzip) await pipeline(Readable.from(text()), createGzip(), sink);
    else await pipeline(Readable.from(text()), sink);
    await rename(staging, file);
    await removeAbandoned(file);
  } catch (cause) {
    await rm(staging).catch(() => undefined);
    signal?.throwIfAborted();
    throw ioError(cause, file);
  }
}

/** Refuses a path that holds anything other than an empty file or a csv of faces. */
async function checkReplaceable(file: string): Promise<void> {
  const info = await stat(file).catch(() => undefined);
  if (!info || (info.isFile() && (info.size === 0 || (await firstLine(file)).includes('pixels')))) return;
  const what = info.isDirectory() ? 'a folder is' : 'a file that is not a csv of faces is';
  throw new FerError('INVALID_ARGUMENT', `${what} in the way: choose another name, or move it.`, { file });
}

/** The names of the columns of a csv, plain or gzipped, in lower case. */
async function firstLine(file: string): Promise<string[]> {
  const head: Uint8Array[] = [];
  const chunks = createReadStream(file, { end: 4095 });
  try {
    const [first]: Buffer[] = await chunks.take(1).toArray();
    if (first[0] !== 0x1f) head.push(first);
    else for await (const piece of NODE.gunzip(Readable.from([first]))) head.push(piece);
  } catch {
    // Only the beginning was unpacked.
  }
  const [line] = Buffer.concat(head)
    .toString('utf8', 0, 1000)
    .split(/[\r\n]/);
  return line
    .toLowerCase()
    .split(',')
    .map((field) => field.replace(/["\s\uFEFF]/g, ''));
}

function checkFaces(dataset: Dataset): void {
  checkDataset(dataset);
  const { height, width, channels, classes, soft } = dataset;
  if (height !== FACE_SIZE || width !== FACE_SIZE || channels !== 1) {
    const size = `${height}×${width}×${channels}`;
    throw new FerError(
      'INVALID_DATA',
      `images of ${size}: FER2013's csv holds ${FACE_SIZE}×${FACE_SIZE}×1 only, so resize them first.`,
    );
  }
  if (!sameClasses(classes, FER2013_CLASSES)) {
    const message = `classes [${classes.join(', ')}]: FER2013's csv has numbers for [${FER2013_CLASSES.join(', ')}] only.`;
    throw new FerError('INVALID_DATA', `${message} Use exportImageFolder.`);
  }
  checkHardLabels(soft);
}

/** The digits of every byte value, followed by a space. */
const DIGITS = Array.from({ length: 256 }, (_, value) => Buffer.from(`${value} `));

function writeRows({ images, labels }: Dataset, start: number, end: number, usage: string): Uint8Array {
  const tail = Buffer.from(`,${usage}\n`);
  const out = new Uint8Array((end - start) * (4 * FACE_PIXELS + 2 + tail.length));
  let at = 0;
  for (let row = start; row < end; row++) {
    out[at++] = 48 + labels[row];
    out[at++] = 44;
    for (let i = row * FACE_PIXELS; i < (row + 1) * FACE_PIXELS; i++) {
      const digits = DIGITS[images[i]];
      for (let j = 0; j < digits.length; j++) out[at++] = digits[j];
    }
    // The space after the last pixel is overwritten.
    out.set(tail, --at);
    at += tail.length;
  }
  return out.subarray(0, at);
}
