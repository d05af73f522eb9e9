import { FerError } from 'fer-core';

/**
 * Turns the text of whole csv records, line ends included, into their fields.
 *
 * @throws FerError `INVALID_DATA` for broken quoting; the caller adds the place.
 */
export type RecordReader = (text: string) => Promise<readonly (readonly string[])[]>;

/** The {@link RecordReader} that runs everywhere: csv without quotes. Node's entry brings a complete one. */
export const splitRecords: RecordReader = async (text) => {
  if (text.includes('"')) {
    throw new FerError('UNSUPPORTED', 'quoted fields need the loader of fer-data/node: load it there, or unquote it.');
  }
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split(','));
};
