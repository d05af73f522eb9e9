import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { FerError } from 'fer-core';
import { ioError } from 'fer-core/node';
import type { SplitName } from '../sampling/splits.js';
import { classIndex } from './classNames.js';

/** One image file. */
export interface ImageFile {
  readonly path: string;
  readonly bytes: number;
  /** Relative to the folder, with forward slashes. */
  readonly id: string;
  readonly label: number;
  readonly split: SplitName;
}

const SPLITS: Readonly<Record<string, SplitName>> = {
  ...{ train: 'train', training: 'train' },
  ...{
    publictest: 'publicTest',
    public: 'publicTest',
    val: 'publicTest',
    valid: 'publicTest',
    validation: 'publicTest',
  },
  ...{ privatetest: 'privateTest', private: 'privateTest', test: 'privateTest', testing: 'privateTest' },
};

/** What file managers leave in every folder. */
const CLUTTER = /^(\.|thumbs\.db$|desktop\.ini$)/i;

/**
 * The files of `<split>/<class>/*` or `<class>/*`, sorted by path. The depth is fixed, so a loop of links can't be
 * followed for ever.
 *
 * @throws FerError `NOT_FOUND`, `IO`, or `INVALID_DATA` for a folder that is neither a class nor a split.
 */
export async function findImageFiles(
  root: string,
  classes: readonly string[],
  synonyms: Readonly<Record<string, string>>,
): Promise<ImageFile[]> {
  const top = await list(root);
  const splits = top.every(({ name }) => classIndex(name, classes, synonyms) < 0 && splitOf(name));
  const files: ImageFile[] = [];
  for (const { name, path } of top) {
    const split = splits ? splitOf(name) : undefined;
    const classFolders: readonly { name: string; path: string }[] = splits ? await list(path) : [{ name, path }];
    for (const folder of classFolders) {
      const label = classIndex(folder.name, classes, synonyms);
      if (label < 0) {
        const known = `the classes are ${classes.join(', ')}`;
        const message =
          `"${folder.name}" names no class${splits ? '' : ' and no split'}: rename it, give a synonym, or give ` +
          `classes of your own (${known}).`;
        throw new FerError('INVALID_DATA', message, { file: folder.path });
      }
      for (const file of await list(folder.path, true)) {
        const id = file.path.slice(root.length).split(sep).filter(Boolean).join('/');
        files.push({ path: file.path, bytes: file.bytes, id, label, split: split ?? splitOfFile(file.name) });
      }
    }
  }
  if (files.length === 0) {
    throw new FerError('INVALID_DATA', 'no images: expected <class>/* or <split>/<class>/*.', { file: root });
  }
  return files;
}

function splitOf(name: string): SplitName | undefined {
  return SPLITS[name.toLowerCase().replace(/[^a-z]/g, '')];
}

/** FER2013's image edition carries the set in the name: `PublicTest_123.jpg`. */
function splitOfFile(name: string): SplitName {
  const [, prefix = 'training'] = /^(Training|PublicTest|PrivateTest)_/i.exec(name) ?? [];
  return SPLITS[prefix.toLowerCase()];
}

/** What a folder holds: folders, or files. Links count as what they point to. */
async function list(folder: string, files = false): Promise<{ name: string; path: string; bytes: number }[]> {
  try {
    const names = (await readdir(folder)).filter((name) => !CLUTTER.test(name)).sort();
    const found: { name: string; path: string; bytes: number }[] = [];
    for (const name of names) {
      const path = join(folder, name);
      const info = await stat(path);
      if (info.isDirectory() === files) {
        const [is, should] = files ? ['a folder', 'an image'] : ['a file', 'a folder of a class or split'];
        throw new FerError('INVALID_DATA', `${is} where ${should} should be: move it elsewhere.`, { file: path });
      }
      if (files && !info.isFile()) {
        throw new FerError('INVALID_DATA', 'a pipe or device where an image should be: remove it.', { file: path });
      }
      if (info.isDirectory() && `${await realpath(folder)}${sep}`.startsWith(`${await realpath(path)}${sep}`)) {
        throw new FerError('INVALID_DATA', 'a link to a folder that contains it: remove it.', { file: path });
      }
      found.push({ name, path, bytes: info.size });
    }
    return found;
  } catch (cause) {
    throw ioError(cause, (cause as NodeJS.ErrnoException).path ?? folder);
  }
}
