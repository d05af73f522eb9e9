import { FerError } from 'fer-core';

/**
 * Turns the text of a whole csv record, line ends included, into its fields. Gives a list of records: with fields cut
 * at line ends there may be more than one.
 *
 * @throws FerError `INVALID_DATA` for broken quoting; the caller adds the place.
 */
export type RecordReader = (text: string) => Promise<readonly (readonly string[])[]>;

/** The {@link RecordReader} that runs everywhere: csv without quotes. Node's entry brings a complete one. */
export const splitRecords: RecordReader = async (text) => {
  if (text.includes('"')) {
    throw new FerError('UNSUPPORTED', 'quoted fields need the loader of fer-data/node: load it there, or unquote it.');
  }
  return [text.replace(/\n$/, '').split(',')];
};

/**
 * Whether a line stops inside a quoted field, so that its record goes on. A quote opens a field only where nothing but
 * white space is before it; within, two quotes stand for one.
 *
 * @param line - Without its line end.
 * @param open - Whether it starts inside a quoted field.
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
