/** The columns of a labelling job's csv, before one column per expression. */
const COLUMNS = ['file', 'face', 'x', 'y', 'width', 'height', 'score', 'expression'] as const;

/** The content of one line: a face, or a picture without a face. */
export type LabelRow = { readonly file: string } & {
  readonly [Column in Exclude<(typeof COLUMNS)[number], 'file'>]?: string | number;
} & {
  /** Probability per expression, in the order of the classes. */
  readonly values?: readonly number[];
  /** Why the picture could not be read. */
  readonly error?: string;
};

/** The header line. */
export function csvHeader(classes: readonly string[]): string {
  return `${[...COLUMNS, ...classes, 'error'].map(quote).join(',')}\n`;
}

/** A line of a csv: RFC 4180, but with line feeds. */
export function csvLine(row: LabelRow, classes: readonly string[]): string {
  const values = classes.map((_, i) => row.values?.[i]);
  const cells = [...COLUMNS.map((column) => row[column]), ...values, row.error];
  return `${cells.map((cell) => (typeof cell === 'number' ? short(cell) : quote(cell ?? ''))).join(',')}\n`;
}

/** At most six decimals: further digits of boxes and probabilities mean nothing. */
function short(value: number): string {
  return `${Number(value.toFixed(6))}`;
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
