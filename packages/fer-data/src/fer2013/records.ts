import { FerError } from 'fer-core';

/**
 * Splits the text of a csv record, including its line ends, into fields. Returns a list of records: if quotes are broken,
 * the text may hold more than one.
 *
 * @throws FerError `INVALID_DATA` for broken quotes. The caller adds the place.
 */
export type RecordReader = (text: string) => Promise<readonly (readonly string[])[]>;

/** A {@link RecordReader} for every platform, which refuses quotes. Node's entry has one that reads them. */
export const splitRecords: RecordReader = async (text) => {
  if (text.includes('"')) {
    throw new FerError(
      'UNSUPPORTED',
      'quoted fields are read by fer-data/node only: load the file there, or remove the quotes.',
    );
  }
  return [text.replace(/\n$/, '').split(',')];
};

/**
 * Whether a line ends within a quoted field, so that its record continues on the next line. A quote opens a field only
 * after nothing but white space; within a quoted field, two quotes stand for one.
 *
 * @param line - Without its line end.
 * @param open - Whether the line starts within a quoted field.
 */
export function endsInQuotes(line: string, open: boolean): boolean {
  if (!line.includes('"')) return open;
  let inside = open;
  let atFieldStart = !open;
  for (let i = 0; i < line.length; i++) {
    const char = line[i];
    if (inside) {
      if (char !== '"') continue;
      if (line[i + 1] === '"') i++;
      else inside = false;
    } else if (char === ',') {
      atFieldStart = true;
    } else if (atFieldStart) {
      inside = char === '"';
      atFieldStart = !inside && /\s/.test(char);
    }
  }
  return inside;
}
