import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { checkFunction, checkString } from '../arguments.js';
import { FerError } from '../errors.js';
import { isRunning } from './staging.js';

/** How long a writer waits for another one, and how often it checks, in milliseconds. */
const PATIENCE = 10_000;
const PAUSE = 20;
/** A lock of another machine counts as abandoned if it is older than this, in milliseconds. */
const ABANDONED_AFTER = 3_600_000;

/** The last writer of each target in this process: the next one waits for it. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Runs work on a file or folder under an exclusive lock. It waits for other writers of this process, and up to ten
 * seconds for those of other processes. The lock is a file `.NAME.lock` beside the target; the lock of a killed process
 * is taken over.
 *
 * @param target - An absolute path.
 * @throws FerError `IO` if another process is still writing after that; also whatever the work throws.
 *
 * @example
 * ```ts
 * import { resolve } from 'node:path';
 *
 * const path = resolve('results.json');
 * await withLock(path, async () => writeFileAtomic(path, JSON.stringify(evaluation)));
 * ```
 */
export async function withLock<T>(target: string, work: () => Promise<T>): Promise<T> {
  checkString('the target', target);
  checkFunction('the work', work);
  const before = queues.get(target) ?? Promise.resolve();
  const mine = before.then(() => locked(target, work));
  const settled = mine.catch(() => undefined);
  queues.set(target, settled);
  try {
    return await mine;
  } finally {
    if (queues.get(target) === settled) queues.delete(target);
  }
}

async function locked<T>(target: string, work: () => Promise<T>): Promise<T> {
  const lock = join(dirname(target), `.${basename(target)}.lock`);
  await mkdir(dirname(target), { recursive: true }).catch((cause) => {
    if (cause.code !== 'EEXIST' && cause.code !== 'ENOTDIR') throw cause;
    throw new FerError('INVALID_ARGUMENT', 'there is a file where a folder should be: choose another place.', {
      file: dirname(target),
    });
  });
  const until = Date.now() + PATIENCE;
  while (!(await take(lock))) {
    if (await isAbandoned(lock)) {
      await clear(lock);
      continue;
    }
    if (Date.now() > until) {
      throw new FerError('IO', `another process is writing it: wait for that, or remove ${lock}.`, { file: target });
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Removes an abandoned lock. If another writer has replaced it meanwhile, the new lock is put back. */
async function clear(lock: string): Promise<void> {
  const aside = `${lock}.${randomBytes(6).toString('hex')}.tmp`;
  await rename(lock, aside).catch(() => undefined);
  if ((await exists(aside)) && !(await isAbandoned(aside))) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const info = await stat(lock).catch(() => undefined);
  if (!info) return false;
  const age = Date.now() - info.mtimeMs;
  try {
    const { pid, host } = JSON.parse(await readFile(lock, 'utf8'));
    if (host === hostname()) return !isRunning(pid);
  } catch {
    // It is being written, or its writer was killed while writing it.
    return age > PATIENCE / 2;
  }
  return age > ABANDONED_AFTER;
}
