import { describeValue, FerError } from 'fer-core';

/**
 * Checks that a path is a non-empty string.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkPath(path: string): void {
  if (typeof path === 'string' && path !== '') return;
  const given = path === '' ? 'empty' : describeValue(path);
  throw new FerError('INVALID_ARGUMENT', `the path is ${given}: give the path of a file or folder.`);
}
