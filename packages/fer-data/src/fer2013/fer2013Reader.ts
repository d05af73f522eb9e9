import { FerError, isFerError, selectRows } from 'fer-core';
import { SPLIT_NAMES } from '../sampling/splits.js';
import { stratifiedSubset } from '../sampling/stratifiedSubset.js';
import { FaceRows } from './faceRows.js';
import type { Fer2013, Fer2013Options, SkippedRow } from './fer2013.js';
import type { Fer2013Batch } from './fer2013Batches.js';
import { FACE_PIXELS, type Layout, type RowProblem, readHeader, readRecord, unpackRow } from './fer2013Record.js';
import { scanRow } from './fer2013Scanner.js';
import type { Line } from './lines.js';
import { endsInQuotes, type RecordReader } from './records.js';

/** Longest record, in bytes. A face has under 9,300; the rest is room for further columns. */
export const MAX_RECORD = 262_144;

/** Most rows to skip: several times what FER2013 has. */
const MAX_SKIPPED = 100_000;

/** Takes the lines of a csv file one by one, and keeps the faces. */
export class Fer2013Reader {
  readonly #splits = [new FaceRows(), new FaceRows(), new FaceRows()];
  readonly #skipped: SkippedRow[] = [];
  #skippedRows = 0;
  #taken = 0;
  readonly #pixels = new Uint8Array(FACE_PIXELS);
  readonly #decoder = new TextDecoder();
  #layout: Layout | undefined;
  #row = 1;
  /** Text of a record that began on an earlier line, inside quotes. */
  #pending = '';

  /**
   * @param file - What to call the file in errors.
   * @param records - Reads what the scanner declines.
   * @param scan - Whether to try the scanner first.
   * @param onSkip - Told of rows left out, which are then not listed.
   */
  constructor(
    readonly file: string,
    readonly records: RecordReader,
    readonly onBadRow: 'throw' | 'skip',
    readonly scan: boolean,
    readonly onSkip?: (row: SkippedRow) => void,
  ) {}

  /** The record being read, 1-based. */
  get row(): number {
    return this.#row;
  }

  /** How many faces there are so far. */
  get rows(): number {
    return this.#splits.reduce((sum, split) => sum + split.n, this.#taken);
  }

  /** Takes a line if it is a row written plainly. */
  tryScan(line: Line): boolean {
    if (!this.#layout || this.#pending !== '' || !this.scan) return false;
    const scanned = scanRow(line, this.#layout, this.#pixels);
    if (scanned < 0) return false;
    this.#add(scanned);
    this.#row++;
    return true;
  }

  /** Takes any line: part of a record, a record, or none. */
  async read(line: Line): Promise<void> {
    const part = this.#decoder.decode(line.bytes.subarray(line.start, line.end));
    const goesOn = endsInQuotes(part, this.#pending !== '');
    // Most of what is declined in a good file: the empty line at its end.
    if (this.#pending === '' && part.trim() === '') {
      this.#row++;
      return;
    }
    const text = `${this.#pending}${part}\n`;
    if (goesOn && text.length > MAX_RECORD) this.#failUnclosed();
    this.#pending = goesOn ? text : '';
    if (goesOn) return;
    let records: readonly (readonly string[])[];
    try {
      records = await this.records(text);
    } catch (error) {
      if (!isFerError(error)) throw error;
      if (error.code !== 'INVALID_DATA' || !this.#layout) throw this.#error(error.code, error.message);
      this.#add({ message: error.message });
      records = [];
      this.#row++;
    }
    for (const fields of records) {
      const blank = fields.length === 1 && fields[0].trim() === '';
      if (!blank && this.#layout) this.#add(readRecord(fields, this.#layout, this.#pixels));
      else if (!blank) this.#layout = readHeader(fields, this.file, this.#row);
      this.#row++;
    }
  }

  /** What was read, after the last line; once. */
  finish({ limit, seed = 0 }: Fer2013Options): Fer2013 {
    this.checkEnd();
    const [train, publicTest, privateTest] = this.#splits.map((split) => split.toDataset());
    return {
      train: limit === undefined || limit >= train.n ? train : stratifiedSubset(train, limit, { seed }),
      publicTest: publicTest.n > 0 ? publicTest : undefined,
      privateTest: privateTest.n > 0 ? privateTest : undefined,
      skipped: this.#skipped,
    };
  }

  /** Refuses a file without rows, or cut off within quotes; after the last line. */
  checkEnd(): void {
    if (this.#pending !== '') this.#failUnclosed();
    if (!this.#layout || this.rows + this.#skippedRows === 0) {
      throw new FerError('INVALID_DATA', 'there are no rows: is the file cut off?', { file: this.file });
    }
  }

  /** Gives away rows read so far, while there are at least `least` of a split: `most` a time. */
  *takeBatches(least: number, most = least): Generator<Fer2013Batch> {
    for (const [i, split] of SPLIT_NAMES.entries()) {
      if (this.#splits[i].n < least) continue;
      const rows = this.#splits[i].toDataset();
      this.#splits[i] = new FaceRows();
      let start = 0;
      for (; rows.n - start >= least; start += most) {
        const n = Math.min(most, rows.n - start);
        this.#taken += n;
        yield {
          ...selectRows(
            rows,
            Array.from({ length: n }, (_, j) => start + j),
          ),
          split,
        };
      }
      for (let j = start; j < rows.n; j++) {
        const pixels = rows.images.subarray(j * FACE_PIXELS, (j + 1) * FACE_PIXELS);
        this.#splits[i].add(rows.labels[j], pixels, rows.ids![j]);
      }
    }
  }

  #add(result: number | RowProblem): void {
    if (typeof result === 'number') {
      const { label, usage } = unpackRow(result);
      this.#splits[usage].add(label, this.#pixels, String(this.#row));
    } else if (this.onBadRow === 'throw') {
      throw this.#error('INVALID_DATA', result.message, result.column);
    } else {
      if (this.#skippedRows === MAX_SKIPPED) {
        throw this.#error('INVALID_DATA', `over ${MAX_SKIPPED} rows are bad: is this file FER2013?`);
      }
      this.#skippedRows++;
      const skipped = { row: this.#row, ...result };
      if (this.onSkip) this.onSkip(skipped);
      else this.#skipped.push(skipped);
    }
  }

  /** What follows an open quote can't be told from what is in it: nothing is skipped here. */
  #failUnclosed(): never {
    throw this.#error('INVALID_DATA', 'a quoted field that begins here has no end: close the quote.');
  }

  #error(code: FerError['code'], message: string, column?: string): FerError {
    return new FerError(code, message, { file: this.file, row: this.#row, column });
  }
}
