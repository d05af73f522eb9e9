import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { breathe, checkDataset, type Dataset, FER2013_CLASSES, FerError, type RunOptions, sameClasses } from 'fer-core';
import { ioError } from 'fer-core/node';
import { SPLIT_NAMES, type Splits, splitEntries } from '../sampling/splits.js';
import { FACE_PIXELS, FACE_SIZE, USAGES } from './fer2013Record.js';

const ROWS_A_CHUNK = 128;

/** Options of {@link exportCsv}. */
export interface ExportCsvOptions extends RunOptions {
  /** Whether to pack the file. @default true where the path ends in `.gz` */
  readonly gzip?: boolean;
}

/**
 * Writes a data set, or splits, as FER2013's csv: `emotion,pixels,Usage`. All or nothing, and in constant memory.
 * `loadFer2013` reads back the same; a single data set as training rows.
 *
 * @throws FerError `INVALID_DATA` for data that break their contract, are not grey 48×48, or have other classes than
 * FER2013's (the file has only their numbers); `IO`.
 */
export async function exportCsv(path: string, data: Dataset | Splits, options: ExportCsvOptions = {}): Promise<void> {
  const { gzip = path.endsWith('.gz'), signal } = options;
  const entries = splitEntries(data);
  for (const [, dataset] of entries) checkFaces(dataset);
  const file = resolve(path);
  const staging = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
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
    if (gzip) await pipeline(Readable.from(text()), createGzip(), sink, { signal });
    else await pipeline(Readable.from(text()), sink, { signal });
    await rename(staging, file);
  } catch (cause) {
    await rm(staging, { force: true }).catch(() => undefined);
    signal?.throwIfAborted();
    throw ioError(cause, file);
  }
}

function checkFaces(dataset: Dataset): void {
  checkDataset(dataset);
  const { height, width, channels, classes } = dataset;
  if (height !== FACE_SIZE || width !== FACE_SIZE || channels !== 1) {
    const size = `${height}×${width}×${channels}`;
    throw new FerError('INVALID_DATA', `images of ${size}: FER2013's csv holds ${FACE_SIZE}×${FACE_SIZE}×1 only.`);
  }
  if (!sameClasses(classes, FER2013_CLASSES)) {
    throw new FerError('INVALID_DATA', `classes ${classes}: FER2013's csv numbers ${FER2013_CLASSES} only.`);
  }
}

/** The digits of every byte, a space after them. */
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
    // The last pixel's space makes room for what follows.
    out.set(tail, --at);
    at += tail.length;
  }
  return out.subarray(0, at);
}
