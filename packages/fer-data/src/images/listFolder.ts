import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { FerError } from 'fer-core';
import { ioError } from 'fer-core/node';

/** One entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly path: string;
}

/** What file managers and archivers leave in folders. */
const CLUTTER = /^(\.|thumbs\.db$|desktop\.ini$|icon\r$|__macosx$)/i;

/** The entries of a folder, sorted by name, without hidden files and the clutter of file managers. */
async function list(folder: string): Promise<FolderEntry[]> {
  try {
    const names = (await readdir(folder)).filter((name) => !CLUTTER.test(name)).sort();
    return names.map((name) => ({ name, path: join(folder, name) }));
  } catch (cause) {
    throw ioError(cause, folder);
  }
}

/**
 * The sub-folders of a folder. Links count as what they point to.
 *
 * @param onFile - Called with each file or broken link. @default refuse it
 * @throws FerError `INVALID_DATA` for a file or a link to a folder that contains it; `NOT_FOUND`; `IO`.
 */
export async function listFolders(folder: string, onFile: (error: FerError) => void): Promise<FolderEntry[]> {
  const folders: FolderEntry[] = [];
  for (const entry of await list(folder)) {
    const file = entry.path;
    const info = await stat(file).catch((cause) => {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOENT') throw ioError(cause, file);
    });
    if (!info) {
      onFile(new FerError('NOT_FOUND', 'a link to nothing where a folder should be: remove it.', { file }));
    } else if (!info.isDirectory()) {
      onFile(new FerError('INVALID_DATA', 'a file where a folder of a class or split should be: move it.', { file }));
    } else if (`${await realpath(folder)}${sep}`.startsWith(`${await realpath(file)}${sep}`)) {
      throw new FerError('INVALID_DATA', 'a link to a folder that contains it: remove it.', { file });
    } else {
      folders.push(entry);
    }
  }
  return folders;
}

/**
 * The files of a folder, and what can't be read, such as broken links. Links count as what they point to.
 *
 * @throws FerError `INVALID_DATA` for a sub-folder; `NOT_FOUND`; `IO`.
 */
export async function listFiles(folder: string): Promise<FolderEntry[]> {
  const files = await list(folder);
  for (const { path } of files) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory()) {
      throw new FerError('INVALID_DATA', 'a folder where an image should be: move it elsewhere.', { file: path });
    }
  }
  return files;
}
