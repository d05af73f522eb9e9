import { checkOptions, checkString, describeValue, FerError } from 'fer-core';
import { USAGES } from '../fer2013/fer2013Record.js';

/** The choices of FER+'s taggers, in the order of the columns. `NF` is not a face. */
export const FER_PLUS_CHOICES = [
  'neutral',
  'happiness',
  'surprise',
  'sadness',
  'anger',
  'disgust',
  'fear',
  'contempt',
  'unknown',
  'NF',
] as const;

/** The votes of FER+ (`fer2013new.csv`): one row for each row of fer2013.csv, in the same order. */
export interface FerPlusVotes {
  /** Number of rows. */
  readonly n: number;
  /** n × 10, row-major: how many of the ten taggers made each of the {@link FER_PLUS_CHOICES}. */
  readonly votes: Uint8Array;
  /** n: the split of each row. 0 is `Training`, 1 `PublicTest`, 2 `PrivateTest`. */
  readonly usages: Uint8Array;
  /** n names such as `fer0000000.png`. Empty if FER+ has no face for the row. */
  readonly names: readonly string[];
  /** The source, for messages. */
  readonly file: string;
}

/**
 * Reads the csv of FER+: `Usage,Image name` and the ten choices, in any column order, with LF, CR LF or CR.
 *
 * @param text - The whole file.
 * @param options - `name`: the name of the file in messages, 'fer2013new.csv' by default.
 * @throws FerError `INVALID_DATA` with file, row and column for a file that breaks the format.
 *
 * @example
 * ```ts
 * const response = await fetch('fer2013new.csv');
 * const votes = parseFerPlus(await response.text());
 * const labels = ferPlusLabels(votes);
 * ```
 */
export function parseFerPlus(text: string, options: { readonly name?: string | undefined } = {}): FerPlusVotes {
  checkOptions('parseFerPlus', options, ['name']);
  const { name: file = 'fer2013new.csv' } = options;
  checkString('name', file);
  if (typeof text !== 'string') {
    throw new FerError('INVALID_ARGUMENT', `the text is ${describeValue(text)}: give the content of the file.`);
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  while (lines.length > 0 && lines[lines.length - 1].trim() === '') lines.pop();
  if (lines.length < 2) throw new FerError('INVALID_DATA', 'it has no rows: is it cut off?', { file });
  const header = fieldsOf(lines[0]).map((field) => field.toLowerCase());
  const column = (name: string): number => {
    const index = header.indexOf(name.toLowerCase());
    if (index >= 0 && header.indexOf(name.toLowerCase(), index + 1) < 0) return index;
    const what = index < 0 ? 'the header has no such column' : 'the header has this column twice';
    throw new FerError('INVALID_DATA', `${what}: give FER+'s fer2013new.csv as it is.`, { file, row: 1, column: name });
  };
  const usageColumn = column('Usage');
  const nameColumn = column('Image name');
  const voteColumns = FER_PLUS_CHOICES.map(column);

  const n = lines.length - 1;
  const votes = new Uint8Array(n * FER_PLUS_CHOICES.length);
  const usages = new Uint8Array(n);
  const names: string[] = [];
  for (let i = 0; i < n; i++) {
    const row = i + 2;
    const fields = fieldsOf(lines[i + 1]);
    if (fields.length !== header.length) {
      const message = `the row has ${fields.length} fields, but the header has ${header.length}: is it cut off?`;
      throw new FerError('INVALID_DATA', message, { file, row });
    }
    const usage = (USAGES as readonly string[]).indexOf(fields[usageColumn]);
    if (usage < 0) {
      const message = `"${fields[usageColumn]}" is not a usage: it must be one of ${USAGES.join(', ')}.`;
      throw new FerError('INVALID_DATA', message, { file, row, column: 'Usage' });
    }
    usages[i] = usage;
    names.push(fields[nameColumn]);
    voteColumns.forEach((index, choice) => {
      const field = fields[index];
      if (!/^\d{1,2}$/.test(field)) {
        const message = `"${field}" is not a number of votes: it must be a whole number from 0 to 99.`;
        throw new FerError('INVALID_DATA', message, { file, row, column: FER_PLUS_CHOICES[choice] });
      }
      votes[i * FER_PLUS_CHOICES.length + choice] = Number(field);
    });
  }
  return { n, votes, usages, names, file };
}

/**
 * Checks that an argument has the form of votes.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkVotes(ferPlus: FerPlusVotes): void {
  const { n, votes, usages, names } = (ferPlus ?? {}) as Partial<FerPlusVotes>;
  const bytes = votes instanceof Uint8Array && usages instanceof Uint8Array;
  if (Number.isInteger(n) && bytes && Array.isArray(names)) return;
  throw new FerError('INVALID_ARGUMENT', `the votes are ${describeValue(ferPlus)}: give the result of loadFerPlus.`);
}

/** No field of FER+ contains a comma, so quotes that a program has added can simply be removed. */
function fieldsOf(line: string): string[] {
  return line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
}
