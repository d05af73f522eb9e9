import { FerError } from 'fer-core';
import type { SplitName } from '../sampling/splits.js';
import { classIndex, foldName, isNumber } from './classNames.js';
import { type FolderEntry, listFiles, listFolders } from './listFolder.js';

/** One image file. */
export interface ImageFile {
  readonly path: string;
  /** Relative to the folder, with forward slashes. */
  readonly id: string;
  readonly label: number;
  readonly split: SplitName;
}

/** What {@link findImageFiles} looks for. */
export interface TreeOptions {
  /** The classes, in the order of their labels; `'infer'` takes the names of the class folders, sorted. */
  readonly classes: readonly string[] | 'infer';
  readonly synonyms: Readonly<Record<string, string>>;
  /** Whether the classes are FER2013's: file names may then begin with the split. */
  readonly fer2013: boolean;
  /** Called with a file or a broken link found in place of a folder. */
  readonly onFile: (error: FerError) => void;
}

/** The files of a folder, and the classes of their labels. */
export interface ImageTree {
  readonly files: readonly ImageFile[];
  readonly classes: readonly string[];
}

/** A class folder, and the split it lies in. */
interface ClassFolder extends FolderEntry {
  readonly split?: SplitName | undefined;
}

/** Folder names of the splits, without spaces, hyphens, dots and underscores. */
const SPLITS: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  publictest: 'publicTest',
  public: 'publicTest',
  val: 'publicTest',
  valid: 'publicTest',
  validation: 'publicTest',
  privatetest: 'privateTest',
  private: 'privateTest',
  test: 'privateTest',
  testing: 'privateTest',
};

/**
 * Finds the files of `<split>/<class>/*` or `<class>/*`, sorted by path. The depth is fixed, so that a loop of links
 * can't be followed endlessly.
 *
 * @param root - An absolute path.
 * @throws FerError `INVALID_DATA` for a folder that is neither a class nor a split, or if there are no files;
 *   `NOT_FOUND`; `IO`.
 */
export async function findImageFiles(root: string, options: TreeOptions): Promise<ImageTree> {
  const { synonyms, onFile } = options;
  const top = await listFolders(root, onFile);
  const isClass = ({ name }: FolderEntry) =>
    options.classes !== 'infer' && classIndex(name, options.classes, synonyms) >= 0;
  const inSplits = top.length > 0 && top.every((folder) => !isClass(folder) && splitOf(folder.name));
  const folders: ClassFolder[] = [];
  for (const folder of top) {
    if (!inSplits) folders.push(folder);
    else {
      const split = splitOf(folder.name);
      for (const inner of await listFolders(folder.path, onFile)) folders.push({ ...inner, split });
    }
  }
  const stray = inSplits ? undefined : top.find(({ name }) => splitOf(name));
  if (options.classes === 'infer' && stray && folders.length > 1) {
    const message = 'this split lies beside folders that are none: put all classes into splits, or name the classes.';
    throw new FerError('INVALID_DATA', message, { file: stray.path });
  }
  const classes = options.classes === 'infer' ? inferClasses(folders) : options.classes;
  const labels = labelFolders(folders, classes, options, inSplits);
  const files: ImageFile[] = [];
  for (const [i, folder] of folders.entries()) {
    for (const { name, path } of await listFiles(folder.path)) {
      const id = path.slice(root.length).split(/[\\/]/).filter(Boolean).join('/');
      const split = folder.split ?? (options.fer2013 ? splitOfFile(name) : 'train');
      files.push({ path, id, label: labels[i], split });
    }
  }
  if (files.length === 0) {
    throw new FerError('INVALID_DATA', 'no images: expected <class>/* or <split>/<class>/*.', { file: root });
  }
  return { files, classes };
}

/** The different names of class folders, sorted. */
function inferClasses(folders: readonly ClassFolder[]): string[] {
  const names = [...new Set(folders.map(({ name }) => name.normalize()))].sort();
  if (names.length > 256) {
    const message = `${names.length} different class folders: there may be 256 classes at most.`;
    throw new FerError('INVALID_DATA', message);
  }
  for (const folder of folders) {
    if (names.filter((name) => foldName(name) === foldName(folder.name)).length > 1) {
      const message = 'another class folder has this name in another spelling: rename one.';
      throw new FerError('INVALID_DATA', message, { file: folder.path });
    }
  }
  return names;
}

/** The label of each class folder. */
function labelFolders(
  folders: readonly ClassFolder[],
  classes: readonly string[],
  { synonyms, fer2013 }: TreeOptions,
  inSplits: boolean,
): number[] {
  const known = `the classes are ${classes.join(', ')}`;
  const own = (name: string) =>
    classes.some((other) => foldName(other) === foldName(name)) ||
    Object.keys(synonyms).some((other) => foldName(other) === foldName(name));
  const numbered = folders.filter(({ name }) => isNumber(name) && !own(name));
  // Numbers are indices from 0. Folders numbered from 1 would be taken for the class after their own.
  const shifted = !fer2013 && numbered.length > 0 && !numbered.some(({ name }) => Number(name) === 0);
  const labels = folders.map((folder) => {
    const label = classIndex(folder.name, classes, synonyms);
    return shifted && numbered.includes(folder) ? -1 : label;
  });
  const unknown = folders.filter((_, i) => labels[i] < 0);
  if (unknown.length === 0) return labels;
  // Beside a folder that is neither, a split is not at fault.
  const folder = unknown.find(({ name }) => inSplits || !splitOf(name)) ?? unknown[0];
  const message = numbered.includes(folder)
    ? `folder "${folder.name}" is not an index into the classes, which count from 0 to ${classes.length - 1}: say which ` +
      `class each number stands for, e.g. synonyms: { ${folder.name}: '${classes[0]}' } (${known}).`
    : `"${folder.name}" names no class${inSplits ? '' : ' and no split'}: rename it, give a synonym, or give classes ` +
      `of your own (${known}).`;
  throw new FerError('INVALID_DATA', message, { file: folder.path });
}

function splitOf(name: string): SplitName | undefined {
  const key = name.toLowerCase().replace(/[\s_.-]/g, '');
  return Object.hasOwn(SPLITS, key) ? SPLITS[key] : undefined;
}

/** The image edition of FER2013 has the split in the file name: `PublicTest_123.jpg`. */
function splitOfFile(name: string): SplitName {
  const [, prefix = 'training'] = /^(Training|PublicTest|PrivateTest)_/i.exec(name) ?? [];
  return SPLITS[prefix.toLowerCase()];
}
