import { FerError, fromFloat16, toFloat16 } from 'fer-core';

/** How numbers are kept: `float16` takes half the space, and rounds to 11 bits. */
export type FeatureType = 'float32' | 'float16';

/** What a {@link FeatureStore} will hold. */
export interface FeatureForm {
  /** How many there are. */
  readonly rows: number;
  /** Of one row, e.g. [3, 3, 512]. */
  readonly shape: readonly number[];
  readonly type: FeatureType;
}

/** The outputs that frozen layers have for many images, to be read again and again. */
export interface FeatureStore extends FeatureForm {
  /**
   * Some rows, one after another, in the order given.
   *
   * @throws FerError `INVALID_ARGUMENT` for a row that is not there; from a file also `CORRUPT` or `IO`.
   */
  read(rows: ArrayLike<number>): Float32Array;
  /** Frees what is kept. A file stays, and can be opened again. */
  dispose(): void;
}

/** Fills a {@link FeatureStore}, from its first row to its last. */
export interface FeatureWriter {
  /** Adds whole rows. */
  append(values: Float32Array): Promise<void>;
  /** The store, once all rows are in it. */
  finish(): Promise<FeatureStore>;
  /** Gives up, and leaves nothing behind. */
  abort(): Promise<void>;
}

/** Where features are kept. */
export interface FeatureCacheOptions {
  /** Most bytes to keep in memory. @default 1 GiB */
  readonly memoryLimit?: number | undefined;
  /** How they are kept. @default 'float32' */
  readonly type?: FeatureType | undefined;
  /** Where to keep more than that, e.g. `fileFeatures(path)` of `fer-backbones/node`. @default nowhere */
  readonly spill?: ((form: FeatureForm) => Promise<FeatureWriter>) | undefined;
}

/** Numbers in one row. */
export function rowSize({ shape }: Pick<FeatureForm, 'shape'>): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** Bytes that all rows take. */
export function storeBytes(form: FeatureForm): number {
  return form.rows * rowSize(form) * (form.type === 'float16' ? 2 : 4);
}

/**
 * A writer into memory, where the rows fit the limit, else to where `spill` says.
 *
 * @throws FerError `INVALID_ARGUMENT` where they fit nowhere, with the sizes.
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

/** What a store that was not disposed of holds. */
export function demandOpen<T>(held: T | undefined): T {
  if (held !== undefined) return held;
  throw new FerError('INVALID_ARGUMENT', 'the store of features was disposed: read from it before, or fill another.');
}

/** Refuses rows beyond those announced, and parts of rows. */
export function checkAppend(form: FeatureForm, filled: number, values: Float32Array): void {
  const size = rowSize(form);
  if (values.length % size !== 0 || filled + values.length / size > form.rows) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${values.length} numbers after ${filled} of ${form.rows} rows: give whole rows of ${size}, as many as announced.`,
    );
  }
}

/** Refuses to finish before all rows are there. */
export function checkFull({ rows }: FeatureForm, filled: number): void {
  if (filled !== rows) throw new FerError('INVALID_ARGUMENT', `${filled} of ${rows} rows are there: give all of them.`);
}

/** Refuses a row that is not there. */
export function checkRow({ rows }: FeatureForm, row: number): void {
  if (!(Number.isInteger(row) && row >= 0 && row < rows)) {
    throw new FerError('INVALID_ARGUMENT', `row ${row} is outside 0..${rows - 1}.`);
  }
}

/**
 * Numbers in half precision.
 *
 * @throws FerError `INVALID_DATA` where one is not finite, or beyond 65,504 in size.
 */
export function toHalves(values: Float32Array): Uint16Array {
  const halves = toFloat16(values);
  const bad = halves.findIndex((half) => (half & 0x7c00) === 0x7c00);
  if (bad < 0) return halves;
  throw new FerError('INVALID_DATA', `feature ${values[bad]} doesn't fit half precision: keep them as float32.`);
}
