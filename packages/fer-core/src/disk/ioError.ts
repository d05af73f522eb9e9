import { FerError } from '../errors.js';

/** What some system errors mean, and what to do about them. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission was denied: change the permissions, or choose another place.',
  EPERM: 'permission was denied: change the permissions, or choose another place.',
  EROFS: 'the file system is read-only: choose another place.',
  ENOSPC: 'the disk is full: make room, or choose another place.',
  EDQUOT: 'the disk quota is used up: make room, or choose another place.',
};

/** A system error as a {@link FerError}: `NOT_FOUND` for a path that does not exist, `IO` for everything else. */
export function ioError(cause: unknown, file: string): FerError {
  if (cause instanceof FerError) return cause;
  const { code = '', message = String(cause) } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FerError('NOT_FOUND', 'no such file or folder: check the path.', { file }, { cause });
  }
  return new FerError('IO', REASONS[code] ?? `${message}.`, { file }, { cause });
}
