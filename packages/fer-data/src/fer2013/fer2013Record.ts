import { FerError } from 'fer-core';

/** Height and width of a FER2013 face, in pixels. */
export const FACE_SIZE = 48;

/** Number of pixels of a FER2013 face. */
export const FACE_PIXELS = FACE_SIZE * FACE_SIZE;

/** Values of the column `Usage`, in the order of the splits' indices. */
export const USAGES = ['Training', 'PublicTest', 'PrivateTest'] as const;

/** 0-based indices of the columns. */
export interface Layout {
  readonly emotion: number;
  readonly pixels: number;
  /** −1 if there is none: all rows are then training rows. */
  readonly usage: number;
  /** Number of fields of each row. */
  readonly columns: number;
}

/** What is wrong with a row. */
export interface RowProblem {
  readonly column?: string | undefined;
  readonly message: string;
}

/**
 * Finds the columns `emotion`, `pixels` and `Usage`, in any order and case. Other columns are ignored.
 *
 * @throws FerError `INVALID_DATA` if a column is missing or occurs twice.
 */
export function readHeader(fields: readonly string[], file: string, row: number): Layout {
  const names = fields.map((field) => field.trim().toLowerCase());
  function find(name: string, needed: boolean): number {
    const index = names.indexOf(name.toLowerCase());
    if (index < 0 && needed) {
      const found = fields.join(',');
      const shown = found.length > 60 ? `${found.slice(0, 60)}…` : found;
      throw new FerError(
        'INVALID_DATA',
        `the header has no such column (it is "${shown}"): give a csv that begins with "emotion,pixels,Usage".`,
        { file, row, column: name },
      );
    }
    if (index >= 0 && names.indexOf(name.toLowerCase(), index + 1) >= 0) {
      throw new FerError('INVALID_DATA', 'the header has this column twice: remove one.', { file, row, column: name });
    }
    return index;
  }
  return {
    emotion: find('emotion', true),
    pixels: find('pixels', true),
    usage: find('Usage', false),
    columns: fields.length,
  };
}

/** Packs a label and a split into one number, so that the scanner makes no object per row. */
export function packRow(label: number, usage: number): number {
  return usage * 8 + label;
}

/** The inverse of {@link packRow}. */
export function unpackRow(packed: number): { label: number; usage: number } {
  return { label: packed & 7, usage: packed >> 3 };
}

/**
 * Reads the fields of one row. This function defines the format: which rows are accepted, and why others are refused.
 * White space around fields and the amount of it between pixels don't matter.
 *
 * @param pixels - 2,304 bytes to fill.
 * @returns The result of {@link packRow}, or what is wrong.
 */
export function readRecord(fields: readonly string[], layout: Layout, pixels: Uint8Array): number | RowProblem {
  if (fields.length !== layout.columns) {
    return { message: `the row has ${fields.length} fields, but the header has ${layout.columns}: is it cut off?` };
  }
  const emotion = fields[layout.emotion].trim();
  if (!/^[0-6]$/.test(emotion)) {
    return { column: 'emotion', message: `the label is ${quote(emotion)}: it must be a whole number from 0 to 6.` };
  }
  const text = fields[layout.pixels].trim();
  if (text === '') return { column: 'pixels', message: `the field is empty: give ${FACE_PIXELS} numbers.` };
  const numbers = text.split(/\s+/);
  if (numbers.length !== FACE_PIXELS) {
    return {
      column: 'pixels',
      message: `${numbers.length} pixels, expected ${FACE_PIXELS} (${FACE_SIZE}×${FACE_SIZE}): is the row cut off?`,
    };
  }
  for (let i = 0; i < FACE_PIXELS; i++) {
    const value = /^\d{1,3}$/.test(numbers[i]) ? Number(numbers[i]) : 256;
    if (value > 255) {
      return {
        column: 'pixels',
        message: `pixel ${i + 1} is ${quote(numbers[i])}: it must be a whole number from 0 to 255.`,
      };
    }
    pixels[i] = value;
  }
  let usage = 0;
  if (layout.usage >= 0) {
    const name = fields[layout.usage].trim();
    usage = (USAGES as readonly string[]).indexOf(name);
    if (usage < 0) {
      return { column: 'Usage', message: `${quote(name)} is not a usage: it must be one of ${USAGES.join(', ')}.` };
    }
  }
  return packRow(Number(emotion), usage);
}

function quote(text: string): string {
  return text === '' ? 'empty' : JSON.stringify(text.length > 24 ? `${text.slice(0, 24)}…` : text);
}
