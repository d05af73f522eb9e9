import {
  checkFeatures,
  checkLabels,
  checkMatrix,
  describeValue,
  type FeatureMatrix,
  FerError,
  isFerError,
  type Labels,
  sameClasses,
} from 'fer-core';
import { checksums } from './checksum.js';

/** Some rows of features with their labels, such as fer-backbones' `FeatureChunk`. */
export interface LabelledFeatures {
  readonly features: FeatureMatrix;
  readonly labels: Labels;
}

/**
 * Starts reading all chunks from the first: the same rows, to the bit, in the same order on every call. A reader may
 * write each chunk into the arrays of the one before.
 */
export type ReadChunks = () => AsyncIterable<LabelledFeatures> | Iterable<LabelledFeatures>;

/** A chunk of a reading. Its arrays are valid until the next chunk is asked for. */
export interface Chunk extends LabelledFeatures {
  /** The index of its first row over all chunks. */
  readonly first: number;
}

/** What the first reading found, and every later one must find again. */
export interface FirstReading {
  readonly y: Labels;
  readonly columns: number;
  /** A checksum of each row's features. */
  readonly checksums: Int32Array;
}

/** What all chunks have in common. */
interface Form {
  readonly columns: number;
  readonly classes: readonly string[];
  readonly soft: boolean;
}

/**
 * Reads all chunks once, and checks them. The chunks of a later reading may begin and end at other rows than those of
 * the first.
 *
 * @param reading - The number of this reading, from 1.
 * @param known - What the first reading found, if this is a later one.
 * @throws FerError `INVALID_DATA`, naming chunk and row, if a chunk breaks its contract, or differs from others in its
 *   columns or classes, or from the first reading; `INVALID_ARGUMENT` if `read` doesn't return an iterable; and whatever
 *   `read` throws.
 */
export async function* readChunks(read: ReadChunks, reading: number, known?: FirstReading): AsyncGenerator<Chunk> {
  let form = known && formOf(known.columns, known.y);
  let number = 0;
  let first = 0;
  for await (const chunk of startReading(read, reading)) {
    number++;
    const name = reading === 1 ? `chunk ${number}` : `chunk ${number} of reading ${reading}`;
    checkChunk(chunk, name, first, form);
    const { features, labels } = chunk;
    if (known) checkSame({ features, labels, first }, name, known);
    else checkNumbers(features, name, first);
    form ??= formOf(features.columns, labels);
    const { rows } = features;
    yield { features, labels, first };
    first += rows;
  }
  const n = known?.checksums.length ?? 0;
  if (first < n) throw changed(`reading ${reading} ended after ${first} of ${n} rows, in chunk ${number}`);
}

function formOf(columns: number, { classes, soft }: Labels): Form {
  return { columns, classes: [...classes], soft: soft !== undefined };
}

function startReading(read: ReadChunks, reading: number): ReturnType<ReadChunks> {
  const chunks: unknown = read();
  if (typeof chunks === 'object' && chunks !== null) {
    const methods = [Symbol.asyncIterator, Symbol.iterator].map((name) => Reflect.get(chunks, name));
    if (methods.some((method) => typeof method === 'function')) return chunks as ReturnType<ReadChunks>;
  }
  throw new FerError(
    'INVALID_ARGUMENT',
    `read returned ${describeValue(chunks)} on call ${reading}: it must return an iterable of chunks.`,
  );
}

/** Checks all but the numbers of the features. */
function checkChunk(chunk: LabelledFeatures, name: string, first: number, form: Form | undefined): void {
  if (typeof chunk !== 'object' || chunk === null) {
    throw new FerError('INVALID_DATA', `${name} is ${describeValue(chunk)}: give { features, labels }.`);
  }
  const { features, labels } = chunk;
  within(name, first, () => {
    checkMatrix('features', features);
    if (form && features.columns !== form.columns) checkFeatures(features, form.columns);
    checkLabels(labels, features.rows);
  });
  if (form && (!sameClasses(form.classes, labels.classes) || form.soft !== (labels.soft !== undefined))) {
    throw new FerError(
      'INVALID_DATA',
      `${name} has ${labels.soft ? 'soft' : 'hard'} labels of [${labels.classes.join(', ')}], those before it ${form.soft ? 'soft' : 'hard'} ones of [${form.classes.join(', ')}]: give all the same.`,
    );
  }
}

function checkNumbers(features: FeatureMatrix, name: string, first: number): void {
  within(name, first, () => checkFeatures(features));
}

/** Adds the name of the chunk to errors, and the rows before it to their rows. */
function within(name: string, first: number, check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (!isFerError(cause)) throw cause;
    const { row, column } = cause.place;
    const place = row === undefined ? {} : { row: first + row, column };
    throw new FerError('INVALID_DATA', `in ${name}, ${cause.message}`, place, { cause });
  }
}

/** Checks that the rows of a chunk are those of the first reading. */
function checkSame({ features, labels, first }: Chunk, name: string, known: FirstReading): void {
  const n = known.checksums.length;
  const k = known.y.classes.length;
  const { soft } = known.y;
  checksums(features).forEach((sum, i) => {
    const row = first + i;
    if (row >= n) throw changed(`${name} has more rows than the ${n} of the first reading`, row);
    if (sum !== known.checksums[row]) {
      // "feature is NaN" says more than that the row has changed.
      checkNumbers(features, name, first);
      throw changed(`in ${name}, the row has other features than in the first reading`, row);
    }
    let same = labels.labels[i] === known.y.labels[row];
    for (let j = 0; soft && j < k; j++) same &&= labels.soft?.[i * k + j] === soft[row * k + j];
    if (!same) throw changed(`in ${name}, the row has another label than in the first reading`, row);
  });
}

function changed(what: string, row?: number): FerError {
  return new FerError(
    'INVALID_DATA',
    `${what}: read must give the same chunks on each call, so it must not shuffle or augment them.`,
    row === undefined ? {} : { row: row + 1 },
  );
}
