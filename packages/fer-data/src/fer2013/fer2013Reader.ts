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

/** Longest record, in bytes. A face has fewer than 9,300; the rest is room for further columns. */
export const MAX_RECORD = 262_144;

/** Largest number of rows to skip: several times the size of FER2013. */
const MAX_SKIPPED = 100_000;

/** Reads the lines of a csv file one by one, and collects the faces. */
export class Fer2013Reader {
  readonly #splits = [new FaceRows(), new FaceRows(), new FaceRows()];
  readonly #skipped: SkippedRow[] = [];
  #skippedRows = 0;
  #taken = 0;
  readonly #pixels = new Uint8Array(FACE_PIXELS);
  readonly #decoder = new TextDecoder();
  #layout: Layout | undefined;
  #row = 1;
  /** Text of a record that began on an earlier line, within quotes. */
  #pending = '';

  /**
   * @param file - Name of the file in errors.
   * @param records - Reads the rows that the scanner can't.
   * @param scan - Whether to try the scanner first.
   * @param onSkip - Called with rows that are left out, instead of listing them.
   */
  constructor(
    readonly file: string,
    readonly records: RecordReader,
    readonly onBadRow: 'throw' | 'skip',
    readonly scan: boolean,
    readonly onSkip?: (row: SkippedRow) => void,
  ) {}

  /** 1-based number of the record being read. */
  get row(): number {
    return this.#row;
  }

  /** Number of faces read so far. */
  get rows(): number {
    return this.#splits.reduce((sum, split) => sum + split.n, this.#taken);
  }

  /** Reads a line if the scanner can. Returns whether it did. */
  tryScan(line: Line): boolean {
    if (!this.#layout || this.#pending !== '' || !this.scan) return false;
    const scanned = scanRow(line, this.#layout, this.#pixels);
    if (scanned < 0) return false;
    this.#add(scanned);
    this.#row++;
    return true;
  }

  /** Reads any line: a record, a part of one, or an empty line. */
  async read(line: Line): Promise<void> {
    const part = this.#decoder.decode(line.bytes.subarray(line.start, line.end));
    const goesOn = endsInQuotes(part, this.#pending !== '');
    // In a good file, the scanner refuses almost nothing except the empty line at the end.
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

  /** The result, after the last line. Can be called once. */
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

  /** Refuses a file that has no rows or ends within quotes. For use after the last line. */
  checkEnd(): void {
    if (this.#pending !== '') this.#failUnclosed();
    if (!this.#layout || this.rows + this.#skippedRows === 0) {
      throw new FerError('INVALID_DATA', 'there are no rows: is the file cut off?', { file: this.file });
    }
  }

  /**
   * Yields the rows read so far, and forgets them: batches of up to `most` rows of a split, as long as at least `least` of
   * its rows are left.
   */
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

  /** After an open quote, fields can't be told from text: such a row is never skipped. */
  #failUnclosed(): never {
    throw this.#error('INVALID_DATA', 'a quoted field begins here and has no end: close the quote.');
  }

  #error(code: FerError['code'], message: string, column?: string): FerError {
    return new FerError(code, message, { file: this.file, row: this.#row, column });
  }
}
