import { mkdir, readdir, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  breathe,
  checkChoice,
  checkDataset,
  checkOptions,
  type Dataset,
  describeValue,
  FerError,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { ioError, removeAbandoned, stagingPath } from 'fer-core/node';
import { checkPath } from '../files/path.js';
import { checkHardLabels } from '../sampling/softLabels.js';
import { type SplitName, type Splits, splitEntries } from '../sampling/splits.js';
import { foldName } from './classNames.js';
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
  /** `png` keeps every value. `jpg` is smaller and does not. @default 'png' */
  readonly format?: 'png' | 'jpg' | undefined;
  /** Quality of jpg, 1 to 100. @default 95 */
  readonly quality?: number | undefined;
}

/**
 * Writes images as files: a data set to `<class>/000001.png`, splits to `<split>/<class>/000001.png`. The number is the
 * row number, from 1. The files go to a temporary folder beside the path, which is renamed when it is complete.
 *
 * From png, `loadImageFolder` reads back the same images and labels (with `classes` if they are not FER2013's). Rows come
 * back class by class, in their old order within a class.
 *
 * @param path - A folder that does not exist, or is empty. Parent folders are made.
 * @throws FerError `INVALID_DATA` for data that break their contract, are neither grey nor RGB, have soft labels (files
 *   can't store them), or a class whose name can't be that of a folder on every system; `INVALID_ARGUMENT` for a
 *   folder that is not empty, or an option outside its range; `IO`.
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
  checkOptions('exportImageFolder', options, ['format', 'quality', ...RUN_OPTIONS]);
  checkPath(path);
  const { format = 'png', quality = 95, signal } = options;
  checkChoice('format', format, ['png', 'jpg']);
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `quality is ${describeValue(quality)}: it must be a whole number from 1 to 100.`,
    );
  }
  const entries = splitEntries(data);
  for (const [, dataset] of entries) {
    checkDataset(dataset);
    checkHardLabels(dataset.soft);
  }
  checkFolders(entries[0][1]);
  signal?.throwIfAborted();
  const sharp = await loadSharp();
  const root = await realpath(path).catch(() => resolve(path));
  const staging = stagingPath(root);
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
    await removeAbandoned(root);
  } catch (cause) {
    // An unfinished write may still add a file, so the removal is repeated.
    await rm(staging, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
    if (signal?.aborted && cause === signal.reason) throw cause;
    throw ioError(cause, root);
  }
}

/** Names that Windows, macOS or Linux don't allow for a folder, or that loaders pass over. */
const BAD_NAMES = [
  /^$|^\.|^\s|[.\s]$/,
  /[\p{Cc}<>:"/\\|?*]/u,
  /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i,
  /^(__macosx|thumbs\.db|desktop\.ini)$/i,
];

function checkFolders({ classes, channels }: Dataset): void {
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_DATA', `images of ${channels} channels: only 1 (grey) and 3 (RGB) can be written.`);
  }
  const bad = classes.find((name) => BAD_NAMES.some((rule) => rule.test(name)) || Buffer.byteLength(name) > 255);
  if (bad !== undefined) {
    throw new FerError('INVALID_DATA', `class ${JSON.stringify(bad)} can't be the name of a folder: rename it.`);
  }
  const twice = classes.find((name, i) => classes.findIndex((other) => foldName(other) === foldName(name)) < i);
  if (twice !== undefined) {
    const message = `two classes are called "${twice}" but for case: rename one.`;
    throw new FerError('INVALID_DATA', message);
  }
}

/** Refuses a path that exists, except an empty folder, the only thing that the final rename may replace. */
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
