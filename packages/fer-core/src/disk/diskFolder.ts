import { mkdir, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { checkString } from '../arguments.js';
import { FerError, isFerError } from '../errors.js';
import { checkFiles, type Folder, MANIFEST } from '../folder.js';
import { readWhole, writeFlushed } from './files.js';
import { ioError } from './ioError.js';
import { withLock } from './lock.js';
import { removeAbandoned, stagingPath } from './staging.js';

/**
 * A folder on disk. Writes are atomic: the files are written to a temporary folder beside it and flushed, and the
 * folder is renamed into place. After a crash, `read` finds either the old or the new content. The next write removes
 * the temporary files of a killed writer.
 *
 * Only saved classifiers are replaced. The folder must be new or empty, hold only the files that its own
 * `classifier.json` lists, or, if neither it nor the new content has a `classifier.json`, hold only files with names that
 * are about to be written. Any other folder is refused and left unchanged.
 *
 * A second writer waits for the first. A reader gets each file as it was before or after the write.
 *
 * @param path - Created, parents included, by the first write.
 * @throws FerError from `write`: `INVALID_ARGUMENT` if a file in the folder would be lost, naming it; `IO` if the
 *   disk is full, the file system is read-only, or another process keeps writing.
 *
 * @example
 * ```ts
 * await saveClassifier(classifier, diskFolder('models/svm'));
 * const loaded = await loadClassifier(diskFolder('models/svm'), { backbones, heads });
 * ```
 */
export function diskFolder(path: string): Folder {
  checkString('the path', path);
  const location = resolve(path);
  return {
    location,
    async read(name) {
      checkString('the name of a file', name);
      return readEither(location, name);
    },
    async write(files) {
      checkFiles(files);
      try {
        // A link is kept, and the folder it points to is replaced.
        const target = await realpath(location).catch(() => location);
        await withLock(target, () => replaceFolder(target, files));
      } catch (cause) {
        throw ioError(cause, location);
      }
    },
  };
}

/** Path of the old content between the two renames that put the new content in place. */
function previousOf(location: string): string {
  return join(dirname(location), `.${basename(location)}.previous.tmp`);
}

/** Reads a file of the folder, or of the old content while a writer is between its two renames. */
async function readEither(location: string, name: string): Promise<Uint8Array> {
  const parts = name.split('/');
  for (let attempt = 1; ; attempt++) {
    try {
      return await readWhole(join(location, ...parts));
    } catch (error) {
      if (!isFerError(error, 'NOT_FOUND') || attempt === 4) throw error;
    }
    if (await exists(location)) continue;
    const old = await readFile(join(previousOf(location), ...parts)).catch(() => undefined);
    if (old) return new Uint8Array(old.buffer, old.byteOffset, old.byteLength);
  }
}

async function replaceFolder(location: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const previous = previousOf(location);
  const staging = stagingPath(location);
  await removeAbandoned(location, { locked: true });
  // A writer was killed between its two renames.
  if (!(await exists(location)) && (await exists(previous))) await rename(previous, location);
  await rm(previous, { recursive: true, force: true });
  await checkOurs(location, files);
  let aside = false;
  try {
    for (const [name, bytes] of files) {
      const file = join(staging, ...name.split('/'));
      await mkdir(dirname(file), { recursive: true });
      await writeFlushed(file, bytes);
    }
    // A folder can't be renamed over one that is not empty, so the old content is moved away first.
    if (await exists(location)) {
      await rename(location, previous);
      aside = true;
    }
    await rename(staging, location);
  } catch (cause) {
    if (aside) await rename(previous, location).catch(() => undefined);
    await rm(staging, { recursive: true, force: true }).catch(() => undefined);
    throw cause;
  }
  // The new content is in place. Remains of the old content are harmless, and the next write removes them.
  await rm(previous, { recursive: true, force: true }).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Refuses to replace a file, or a folder that holds anything other than a saved classifier. */
async function checkOurs(location: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const refuse = (what: string): never => {
    throw new FerError('INVALID_ARGUMENT', `${what}: choose a new or empty folder.`, { file: location });
  };
  const info = await stat(location).catch((cause) => {
    if (cause.code === 'ENOENT') return undefined;
    if (cause.code === 'ENOTDIR') return refuse('there is a file where a folder should be');
    throw cause;
  });
  if (!info) return;
  if (!info.isDirectory()) refuse('this is a file');
  const held = await readdir(location);
  if (held.length === 0) return;
  const ours = held.includes(MANIFEST) || files.has(MANIFEST) ? await listedFiles(location) : new Set(files.keys());
  if (!ours) refuse(`it holds ${held.sort()[0]} and no ${MANIFEST} that a save wrote`);
  const stranger = await findStranger(location, '', ours as Set<string>);
  if (stranger) refuse(`it holds ${stranger}, which saving would delete`);
}

/** The files that a folder's own manifest lists, itself included; undefined if it is not a manifest of fer-core. */
async function listedFiles(location: string): Promise<Set<string> | undefined> {
  try {
    const { format, files } = JSON.parse(await readFile(join(location, MANIFEST), 'utf8'));
    return format === 'fer-classifier' ? new Set([MANIFEST, ...Object.keys(files)]) : undefined;
  } catch {
    return undefined;
  }
}

/** The first name below a folder that is not among those known. */
async function findStranger(location: string, below: string, known: ReadonlySet<string>): Promise<string | undefined> {
  for (const entry of await readdir(join(location, below), { withFileTypes: true })) {
    const name = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isFile() && known.has(name)) continue;
    if (!entry.isDirectory() || ![...known].some((file) => file.startsWith(`${name}/`))) return name;
    const inside = await findStranger(location, name, known);
    if (inside) return inside;
  }
  return undefined;
}
