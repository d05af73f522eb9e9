import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { breathe, checkDataset, type Dataset, FerError, type RunOptions } from 'fer-core';
import { ioError } from 'fer-core/node';
import { type SplitName, type Splits, splitEntries } from '../sampling/splits.js';
import { loadSharp } from './sharp.js';

/** Files written at the same time. */
const AT_A_TIME = 16;

const FOLDERS: Readonly<Record<SplitName, string>> = {
  train: 'train',
  publicTest: 'publictest',
  privateTest: 'privatetest',
};

/** Options of {@link exportImageFolder}. */
export interface ExportImageFolderOptions extends RunOptions {
  /** `png` keeps every value; `jpg` is smaller and does not. @default 'png' */
  readonly format?: 'png' | 'jpg';
  /** Of jpg, 1 to 100. @default 95 */
  readonly quality?: number;
}

/**
 * Writes images as files: a data set to `<class>/000001.png`, splits to `<split>/<class>/000001.png`, the number being
 * the row's, from 1. All or nothing: the files go to a temporary folder beside it, which then takes its name.
 *
 * `loadImageFolder` reads back the same images and labels from png; rows come class by class, in their old order
 * within a class.
 *
 * @param path - A folder that does not exist, or is empty; parents are made.
 * @throws FerError `INVALID_DATA` for data that break their contract, neither grey nor RGB, or with a class whose name
 * can't be that of a folder; `INVALID_ARGUMENT` for a folder with something in it; `IO`.
 *
 * @example
 * ```ts
 * await exportImageFolder('fer2013-images', await loadFer2013('fer2013.csv'));
 * ```
 */
export async function exportImageFolder(
  path: string,
  data: Dataset | Splits,
  options: ExportImageFolderOptions = {},
): Promise<void> {
  const { format = 'png', quality = 95, signal } = options;
  if (format !== 'png' && format !== 'jpg') {
    throw new FerError('INVALID_ARGUMENT', `format is "${format}": it must be 'png' or 'jpg'.`);
  }
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new FerError('INVALID_ARGUMENT', `quality is ${quality}: it must be a whole number from 1 to 100.`);
  }
  const entries = splitEntries(data);
  for (const [, dataset] of entries) checkDataset(dataset);
  checkFolders(entries[0][1]);
  const sharp = await loadSharp();
  const root = resolve(path);
  const staging = `${root}.${randomBytes(6).toString('hex')}.tmp`;
  const total = entries.reduce((sum, [, { n }]) => sum + n, 0);
  let done = 0;
  try {
    await checkFree(root);
    for (const [split, dataset] of entries) {
      const { n, height, width, classes, labels, images } = dataset;
      const channels = dataset.channels as 1 | 3;
      const folder = 'train' in data ? join(staging, FOLDERS[split]) : staging;
      for (const label of new Set(labels)) await mkdir(join(folder, classes[label]), { recursive: true });
      const size = height * width * channels;
      const digits = Math.max(6, String(n).length);
      const write = async (row: number) => {
        const pixels = images.slice(row * size, (row + 1) * size);
        const image = sharp(pixels, { raw: { width, height, channels } });
        // Chroma at full resolution: faces are small.
        const encoded = format === 'png' ? image.png() : image.jpeg({ quality, chromaSubsampling: '4:4:4' });
        const bytes = await (channels === 1 ? encoded.toColourspace('b-w') : encoded).toBuffer();
        const name = `${String(row + 1).padStart(digits, '0')}.${format}`;
        await writeFile(join(folder, classes[labels[row]], name), bytes, { flush: true });
      };
      for (let start = 0; start < n; start += AT_A_TIME) {
        await breathe(signal);
        const rows = Math.min(AT_A_TIME, n - start);
        await Promise.all(Array.from({ length: rows }, (_, i) => write(start + i)));
        done += rows;
        options.onProgress?.({ kind: 'transform', done, total });
      }
    }
    await rmdir(root).catch(() => undefined);
    await rename(staging, root);
  } catch (cause) {
    // A write still under way may put a file back: it is asked again.
    await rm(staging, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
    if (signal?.aborted && cause === signal.reason) throw cause;
    throw ioError(cause, root);
  }
}

function checkFolders({ classes, channels }: Dataset): void {
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_DATA', `images of ${channels} channels: only 1 (grey) and 3 (RGB) can be written.`);
  }
  const lower = new Set(classes.map((name) => name.toLowerCase()));
  const bad = classes.find((name) => !/^[\p{L}\p{N}_][\p{L}\p{N}_. -]*(?<![. ])$/u.test(name));
  if (bad !== undefined || lower.size < classes.length) {
    const why = bad === undefined ? 'two classes differ only in case' : `class "${bad}" is no name for a folder`;
    throw new FerError('INVALID_DATA', `${why}: rename it.`);
  }
}

/** The final rename replaces an empty folder; anything else is somebody's. */
async function checkFree(root: string): Promise<void> {
  try {
    if ((await readdir(root)).length === 0) return;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'ENOTDIR') throw cause;
  }
  throw new FerError('INVALID_ARGUMENT', 'something is there already: choose a new or empty folder.', { file: root });
}
