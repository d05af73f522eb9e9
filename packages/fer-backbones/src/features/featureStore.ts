import { FerError, fromFloat16, toFloat16 } from 'fer-core';

/** How numbers are stored: `float16` takes half the space and rounds to 11 significant bits. */
export type FeatureType = 'float32' | 'float16';

/** The size of a {@link FeatureStore}. */
export interface FeatureForm {
  /** Number of rows. */
  readonly rows: number;
  /** Shape of one row, e.g. [3, 3, 512]. */
  readonly shape: readonly number[];
  readonly type: FeatureType;
}

/** Stores the outputs of frozen layers for many images, for repeated reading. */
export interface FeatureStore extends FeatureForm {
  /**
   * Returns some rows, in the given order.
   *
   * @throws FerError `INVALID_ARGUMENT` for a row that doesn't exist; a file also throws `CORRUPT` or `IO`.
   */
  read(rows: ArrayLike<number>): Float32Array;
  /** Frees the memory and closes the file. The file can be opened again. */
  dispose(): void;
}

/** Fills a {@link FeatureStore} row by row. */
export interface FeatureWriter {
  /** Adds whole rows. */
  append(values: Float32Array): Promise<void>;
  /** Returns the store, after all rows have been appended. */
  finish(): Promise<FeatureStore>;
  /** Cancels writing and deletes what was written. */
  abort(): Promise<void>;
}

/** Where features are cached. */
export interface FeatureCacheOptions {
  /** The most bytes to keep in memory. @default 1 GiB */
  readonly memoryLimit?: number | undefined;
  /** How the numbers are stored. @default 'float32' */
  readonly type?: FeatureType | undefined;
  /**
   * Where to store features that exceed the memory limit, e.g. `fileFeatures(path)` of `fer-backbones/node`. @default
   * none
   */
  readonly spill?: ((form: FeatureForm) => Promise<FeatureWriter>) | undefined;
}

/** Number of values in one row. */
export function rowSize({ shape }: Pick<FeatureForm, 'shape'>): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** Size of all rows in bytes. */
export function storeBytes(form: FeatureForm): number {
  return form.rows * rowSize(form) * (form.type === 'float16' ? 2 : 4);
}

/**
 * Returns a writer into memory if the rows fit the limit, otherwise the writer that `spill` makes.
 *
 * @throws FerError `INVALID_ARGUMENT`, with the sizes, if the rows exceed the limit and there is no `spill`.
 */
export async function featureWriter(
  { rows, shape }: Pick<FeatureForm, 'rows' | 'shape'>,
  { memoryLimit = 2 ** 30, type = 'float32', spill }: FeatureCacheOptions = {},
): Promise<FeatureWriter> {
  const form = { rows, shape, type };
  const bytes = storeBytes(form);
  if (bytes <= memoryLimit) return memoryWriter(form);
  if (spill) return spill(form);
  throw new FerError(
    'INVALID_ARGUMENT',
    `${rows} rows of ${shape.join('×')} take ${megabytes(bytes)} as ${type}, memoryLimit is ${megabytes(memoryLimit)}: ` +
      "raise it, keep them as 'float16', or give a file to spill to.",
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

function memoryWriter(form: FeatureForm): FeatureWriter {
  const size = rowSize(form);
  const room = (rows: number) =>
    form.type === 'float16' ? new Uint16Array(rows * size) : new Float32Array(rows * size);
  let held: Float32Array | Uint16Array | undefined = room(form.rows);
  let filled = 0;
  const drop = () => {
    held = undefined;
  };
  return {
    async append(values) {
      checkAppend(form, filled / size, values);
      demandOpen(held).set(form.type === 'float16' ? toHalves(values) : values, filled);
      filled += values.length;
    },
    async finish() {
      checkFull(form, filled / size);
      return {
        ...form,
        read(rows) {
          const all = demandOpen(held);
          const picked = room(rows.length);
          for (let i = 0; i < rows.length; i++) {
            checkRow(form, rows[i]);
            picked.set(all.subarray(rows[i] * size, (rows[i] + 1) * size), i * size);
          }
          return picked instanceof Uint16Array ? fromFloat16(picked) : picked;
        },
        dispose: drop,
      };
    },
    async abort() {
      drop();
    },
  };
}

/** Returns the content of a store, or throws if the store was disposed. */
export function demandOpen<T>(held: T | undefined): T {
  if (held !== undefined) return held;
  throw new FerError('INVALID_ARGUMENT', 'the store of features was disposed: read from it before, or fill another.');
}

/** Throws for incomplete rows, and for more rows than announced. */
export function checkAppend(form: FeatureForm, filled: number, values: Float32Array): void {
  const size = rowSize(form);
  if (values.length % size !== 0 || filled + values.length / size > form.rows) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${values.length} numbers after ${filled} of ${form.rows} rows: give whole rows of ${size}, as many as announced.`,
    );
  }
}

/** Throws if rows are missing. */
export function checkFull({ rows }: FeatureForm, filled: number): void {
  if (filled !== rows) throw new FerError('INVALID_ARGUMENT', `${filled} of ${rows} rows are there: give all of them.`);
}

/** Throws for a row that doesn't exist. */
export function checkRow({ rows }: FeatureForm, row: number): void {
  if (!(Number.isInteger(row) && row >= 0 && row < rows)) {
    throw new FerError('INVALID_ARGUMENT', `row ${row} is outside 0..${rows - 1}.`);
  }
}

/**
 * Converts numbers to half precision.
 *
 * @throws FerError `INVALID_DATA` if a number is not finite, or exceeds 65,504 in size.
 */
export function toHalves(values: Float32Array): Uint16Array {
  const halves = toFloat16(values);
  const bad = halves.findIndex((half) => (half & 0x7c00) === 0x7c00);
  if (bad < 0) return halves;
  throw new FerError('INVALID_DATA', `feature ${values[bad]} doesn't fit half precision: keep them as float32.`);
}
