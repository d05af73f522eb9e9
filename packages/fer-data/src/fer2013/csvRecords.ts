import { parseString } from 'fast-csv';
import { FerError } from 'fer-core';
import type { RecordReader } from './records.js';

/** A {@link RecordReader} that reads quoted fields too, with fast-csv. Needs Node's streams. */
export const csvRecords: RecordReader = (text) =>
  new Promise((resolve, reject) => {
    const records: string[][] = [];
    parseString<string[], string[]>(text)
      .on('data', (fields: string[]) => records.push(fields))
      .on('error', (cause: Error) => {
        reject(new FerError('INVALID_DATA', 'the quotes of this row are broken: close or remove them.', {}, { cause }));
      })
      .on('end', () => resolve(records));
  });
