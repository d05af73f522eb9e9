import { resolve } from 'node:path';
import { breathe, type Dataset, FER2013_CLASSES, FerError, isFerError, type RunOptions } from 'fer-core';
import { SPLIT_NAMES, type SplitName, type Splits } from '../sampling/splits.js';
import { decodeImage } from './decodeImage.js';
import { findImageFiles, type ImageFile } from './imageFolderTree.js';

/** Files decoded at the same time. */
const AT_A_TIME = 16;

/** Options of {@link loadImageFolder}. */
export interface ImageFolderOptions extends RunOptions {
  /** The class names, in the order of the labels. @default FER2013_CLASSES */
  readonly classes?: readonly string[];
  /** More names of folders and the class each stands for, e.g. `{ contempt: 'disgust' }`. @default none */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** Height and width of the result, in pixels; images of another size are resized. @default 48 */
  readonly size?: number;
  /** 1 for grey, 3 for RGB. @default 1 */
  readonly channels?: 1 | 3;
  /** What to do with a file that is no readable image: stop with an error, or leave it out and list it. @default 'throw' */
  readonly onBadFile?: 'throw' | 'skip';
}

/** A file that was left out. */
export interface SkippedFile {
  /** Its path. */
  readonly file: string;
  /** What was wrong with it. */
  readonly message: string;
}

/** A folder of images, by split. Each data set's `ids` are paths relative to the folder. */
export interface ImageFolder extends Splits {
  /** The files left out by `onBadFile: 'skip'`. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Loads images from folders, the way most people keep them: `<class>/*` or `<split>/<class>/*`, jpg, png, webp, gif or
 * whatever else sharp reads, of any size and colour.
 *
 * Splits are told by the folder (train, training; val, validation, publictest; test, privatetest) or, in class folders,
 * by FER2013's file names (`PublicTest_123.jpg`); all else is training. Class folders may go by other names
 * (`CLASS_SYNONYMS`: anger, happiness, 0–6 …). The order is that of the sorted paths.
 *
 * @throws FerError `NOT_FOUND`, `IO`, or `INVALID_DATA` naming the file: an unknown class, a file among folders, an
 * empty folder, an image that can't be read.
 *
 * @example
 * ```ts
 * const { train, privateTest } = await loadImageFolder('fer2013-images');
 * ```
 */
export async function loadImageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const { classes = FER2013_CLASSES, synonyms = {}, size = 48, channels = 1, onBadFile = 'throw', signal } = options;
  const refuse = (message: string) => {
    throw new FerError('INVALID_ARGUMENT', message);
  };
  if (!Number.isInteger(size) || size < 1) refuse(`size is ${size}: it must be a whole number from 1.`);
  if (channels !== 1 && channels !== 3) refuse(`channels is ${channels}: it must be 1 or 3.`);
  if (onBadFile !== 'throw' && onBadFile !== 'skip')
    refuse(`onBadFile is "${onBadFile}": it must be 'throw' or 'skip'.`);
  const lower = Object.fromEntries(Object.entries(synonyms).map(([name, meant]) => [name.toLowerCase(), meant]));
  const files = await findImageFiles(resolve(path), classes, lower);
  const shape = { height: size, width: size, channels };
  const decoded = new Array<Uint8Array | undefined>(files.length);
  const skipped: SkippedFile[] = [];
  for (let start = 0; start < files.length; start += AT_A_TIME) {
    await breathe(signal);
    const some = files.slice(start, start + AT_A_TIME);
    await Promise.all(
      some.map(async (file, i) => {
        try {
          decoded[start + i] = await decodeImage(file, shape);
        } catch (error) {
          if (onBadFile === 'throw' || !isFerError(error)) throw error;
          skipped.push({ file: file.path, message: error.message });
        }
      }),
    );
    options.onProgress?.({
      kind: 'load',
      rows: start + some.length,
      bytes: start + some.length,
      totalBytes: files.length,
    });
  }
  const sets = new Map<SplitName, Dataset>();
  for (const split of SPLIT_NAMES) {
    const rows = [...files.keys()].filter((i) => files[i].split === split && decoded[i]);
    sets.set(split, toDataset(rows, files, decoded, { ...shape, classes }));
  }
  const some = (split: SplitName) => (sets.get(split)!.n > 0 ? sets.get(split) : undefined);
  skipped.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { train: sets.get('train')!, publicTest: some('publicTest'), privateTest: some('privateTest'), skipped };
}

function toDataset(
  rows: readonly number[],
  files: readonly ImageFile[],
  decoded: readonly (Uint8Array | undefined)[],
  shape: Pick<Dataset, 'height' | 'width' | 'channels' | 'classes'>,
): Dataset {
  const pixels = shape.height * shape.width * shape.channels;
  const images = new Uint8Array(rows.length * pixels);
  for (const [i, row] of rows.entries()) images.set(decoded[row]!, i * pixels);
  return {
    ...shape,
    images,
    n: rows.length,
    labels: Uint8Array.from(rows, (row) => files[row].label),
    ids: rows.map((row) => files[row].id),
  };
}
