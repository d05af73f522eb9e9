import { resolve } from 'node:path';
import {
  checkObject,
  checkOptions,
  type Dataset,
  describeValue,
  FER2013_CLASSES,
  FerError,
  sameClasses,
} from 'fer-core';
import { checkPath } from '../files/path.js';
import { SPLIT_NAMES, type SplitName, type Splits } from '../sampling/splits.js';
import { classIndex } from './classNames.js';
import { findImageFiles, type ImageTree } from './imageFolderTree.js';
import {
  checkFilesOptions,
  type DecodedFiles,
  FILES_OPTIONS,
  type ImageFilesOptions,
  joinImages,
  loadFiles,
  type SkippedFile,
} from './loadFiles.js';

/** Options of {@link loadImageFolder}. */
export interface ImageFolderOptions extends ImageFilesOptions {
  /**
   * The class names, in the order of the labels: at most 256. `'infer'` takes the names of the class folders, sorted,
   * as Keras' `image_dataset_from_directory` does.
   * @default FER2013_CLASSES
   */
  readonly classes?: readonly string[] | 'infer' | undefined;
  /** Other names of class folders, and the class each one stands for, e.g. `{ contempt: 'disgust' }`. @default none */
  readonly synonyms?: Readonly<Record<string, string>> | undefined;
}

/** A folder of images, by split. Each data set's `ids` are paths relative to the folder. */
export interface ImageFolder extends Splits {
  /** The files that `onBadFile: 'skip'` left out. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Loads labelled images from folders, `<class>/*` or `<split>/<class>/*`: JPEG, PNG, WebP, GIF, AVIF or TIFF files of any
 * size and colour. Rows are in the order of the sorted paths.
 *
 * Class folders have the names of the classes, synonyms of them (`CLASS_SYNONYMS`, e.g. anger and happiness) or numbers
 * from 0, which are indices into `classes`. The folder of a split tells where its images go:
 *
 * | folder                               | split         |
 * | ------------------------------------ | ------------- |
 * | `train`, `training`                  | `train`       |
 * | `val`, `validation`, `publictest`    | `publicTest`  |
 * | `test`, `testing`, `privatetest`     | `privateTest` |
 *
 * Without split folders all images are in `train`. There is one exception: if the classes are FER2013's, a file called
 * `PublicTest_123.jpg` or `PrivateTest_123.jpg` goes to the split it names.
 *
 * @param path - The folder.
 * @throws FerError `NOT_FOUND`, `IO`, or `INVALID_DATA` naming the file: an unknown class, a file among folders, an
 *   empty folder, an image that can't be read. `INVALID_ARGUMENT` for an option outside its range.
 *
 * @example
 * ```ts
 * const { train, privateTest } = await loadImageFolder('fer2013-images');
 * const smiles = await loadImageFolder('smiles', { classes: 'infer' });
 * console.log(smiles.train.classes); // [ 'neutral', 'smile' ]
 * ```
 */
export async function loadImageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  checkOptions('loadImageFolder', options, ['classes', 'synonyms', ...FILES_OPTIONS]);
  checkPath(path);
  const { classes = FER2013_CLASSES, synonyms = {} } = options;
  checkFilesOptions(options);
  if (classes !== 'infer') checkClasses(classes, synonyms);
  const strays: SkippedFile[] = [];
  const tree = await findImageFiles(resolve(path), {
    classes,
    synonyms,
    fer2013: classes !== 'infer' && sameClasses(classes, FER2013_CLASSES),
    onFile: (error) => {
      if (options.onBadFile !== 'skip') throw error;
      strays.push({ file: error.place.file!, message: error.message });
    },
  });
  if (classes === 'infer') checkSynonyms(tree.classes, synonyms);
  const decoded = await loadFiles(
    tree.files.map((file) => file.path),
    options,
  );
  const [train, publicTest, privateTest] = SPLIT_NAMES.map((split) => toDataset(split, tree, decoded));
  return {
    train,
    publicTest: publicTest.n > 0 ? publicTest : undefined,
    privateTest: privateTest.n > 0 ? privateTest : undefined,
    skipped: [...strays, ...decoded.skipped].sort((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

/** Labels are bytes: a class beyond the 256th would wrap around. */
function checkClasses(classes: readonly string[], synonyms: Readonly<Record<string, string>>): void {
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === 'string')) {
    throw new FerError('INVALID_ARGUMENT', `classes is ${describeValue(classes)}: give an array of names, or 'infer'.`);
  }
  const different = new Set(classes.map((name) => name.normalize())).size;
  if (classes.length < 1 || classes.length > 256 || different < classes.length) {
    const message = `${classes.length} classes, ${different} of them different: give 1 to 256 different names.`;
    throw new FerError('INVALID_ARGUMENT', message);
  }
  checkSynonyms(classes, synonyms);
}

function checkSynonyms(classes: readonly string[], synonyms: Readonly<Record<string, string>>): void {
  checkObject('synonyms', synonyms, "give an object such as { joie: 'happy' }");
  for (const [name, meant] of Object.entries(synonyms)) {
    if (typeof meant === 'string' && classIndex(meant, classes) >= 0) continue;
    const known = `one of ${classes.slice(0, 20).join(', ')}`;
    throw new FerError(
      'INVALID_ARGUMENT',
      `the synonym "${name}" stands for ${describeValue(meant)}, which is not a class: name ${known}.`,
    );
  }
}

function toDataset(split: SplitName, { files, classes }: ImageTree, { shape, images }: DecodedFiles): Dataset {
  const rows = [...files.keys()].filter((i) => files[i].split === split && images[i]);
  return {
    images: joinImages(images, rows),
    n: rows.length,
    ...shape,
    labels: Uint8Array.from(rows, (row) => files[row].label),
    classes: [...classes],
    ids: rows.map((row) => files[row].id),
  };
}
