import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ioError } from 'fer-core/node';
import { type FerPlusVotes, parseFerPlus } from './ferPlusVotes.js';

/**
 * Loads the votes of FER+ from its file, `fer2013new.csv`.
 *
 * @param source - A path or a `file:` URL.
 * @throws FerError `NOT_FOUND` where there is no such file; `IO` where reading fails; `INVALID_DATA` with file, row and
 * column for anything that is not as it must be.
 */
export async function loadFerPlus(source: string | URL): Promise<FerPlusVotes> {
  const path = typeof source === 'string' ? source : fileURLToPath(source);
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw ioError(cause, path);
  });
  return parseFerPlus(text, { name: path });
}
