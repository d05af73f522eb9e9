import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkBoolean, checkString } from '../arguments.js';
import { checkOptions } from '../options.js';

/** Age in milliseconds from which a temporary file is abandoned. Another machine may still be writing a younger one. */
const ABANDONED_AFTER = 3_600_000;

/**
 * A temporary name beside a file or folder that is to be written: `.NAME.PID.RANDOM.tmp`.
 *
 * @param target - An absolute path.
 */
export function stagingPath(target: string): string {
  checkString('the target', target);
  const name = `.${basename(target)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  return join(dirname(target), name);
}

/**
 * Removes what writers of a target left behind when they were killed: names of {@link stagingPath} whose process is gone
 * and that are more than an hour old.
 *
 * @param target - An absolute path.
 * @param options - `locked`: the caller holds the target's lock, so that nobody else is writing; all such names are
 *   then removed.
 */
export async function removeAbandoned(
  target: string,
  options: { readonly locked?: boolean | undefined } = {},
): Promise<void> {
  checkString('the target', target);
  checkOptions('removeAbandoned', options, ['locked']);
  const { locked = false } = options;
  checkBoolean('locked', locked);
  const folder = dirname(target);
  const start = `.${basename(target)}.`;
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names) {
    const [, pid] = /^(\d+)\.[\da-f]{12}\.tmp$/.exec(name.startsWith(start) ? name.slice(start.length) : '') ?? [];
    if (pid === undefined || (!locked && isRunning(Number(pid)))) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (!info || (!locked && Date.now() - info.mtimeMs < ABANDONED_AFTER)) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Whether a process is running on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // It is running, but belongs to another user.
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
