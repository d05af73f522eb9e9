import { limitBytes, readChunks } from '../fer2013/byteSource.js';
import { type Fer2013Source, openSource } from '../fer2013/fer2013Source.js';
import { type FerPlusVotes, parseFerPlus } from './ferPlusVotes.js';

/** Many times the size of FER+, which has 1.6 MB. */
const MOST_BYTES = 100_000_000;

/**
 * Loads the votes of FER+ from its file, `fer2013new.csv`.
 *
 * @param source - A path, a `file:`, `http:` or `https:` URL, or a stream.
 * @throws FerError `NOT_FOUND` if there is no such file; `IO` if reading fails; `INVALID_DATA` with file, row and
 *   column for a file that breaks its format.
 *
 * @example
 * ```ts
 * const votes = await loadFerPlus('fer2013new.csv');
 * const { train } = joinFerPlus(await loadFer2013('fer2013.csv'), votes, { mode: 'crossEntropy' });
 * ```
 */
export async function loadFerPlus(source: Fer2013Source): Promise<FerPlusVotes> {
  const { bytes, name = 'stream', close } = await openSource(source, {});
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of limitBytes(readChunks(bytes, name), MOST_BYTES, name)) {
      text += decoder.decode(chunk, { stream: true });
    }
  } finally {
    await close();
  }
  return parseFerPlus(text + decoder.decode(), { name });
}
