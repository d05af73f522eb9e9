import {
  checkFeatures,
  checkFunction,
  checkLabels,
  describeValue,
  type FeatureMatrix,
  FerError,
  isFerError,
  type Labels,
  sameClasses,
  selectLabels,
} from 'fer-core';
import type { Rows } from './rows.js';

/** Some rows of features with their labels, such as fer-backbones' `FeatureChunk`. */
export interface LabelledFeatures {
  readonly features: FeatureMatrix;
  readonly labels: Labels;
}

/** Starts reading all chunks from the first: the same chunks in the same order on every call. */
export type ReadChunks = () => AsyncIterable<LabelledFeatures> | Iterable<LabelledFeatures>;

/** Limits of the rows that are kept for preconditioners and a first solution: in rows and in feature values. */
const KEPT = { rows: 8192, numbers: 1 << 23 };

/** The result of a first reading of all chunks. */
export interface Surveyed {
  readonly source: Rows;
  readonly y: Labels;
  /** A sample of evenly spaced rows, with their indices. */
  readonly kept: { readonly rows: readonly number[]; readonly x: FeatureMatrix; readonly y: Labels };
  /** The first row, and the largest distance of any row from it. */
  readonly origin: Float32Array;
  readonly radius: number;
  /** Ends a reading that is still open. */
  close(): Promise<void>;
}

/**
 * Reads all chunks once. It checks them, collects their labels, and keeps a sample of the rows.
 *
 * @throws FerError `INVALID_DATA`, naming the chunk, if one breaks its contract or differs from the others; and
 *   whatever `read` throws.
 */
export async function surveyChunks(read: ReadChunks, pause: () => Promise<void> | undefined): Promise<Surveyed> {
  const labels: Uint8Array[] = [];
  const soft: Float32Array[] = [];
  const keeper = keepRows();
  let first: LabelledFeatures | undefined;
  let origin = new Float32Array(0);
  let square = 0;
  let n = 0;
  let number = 0;
  checkFunction('read', read);
  const chunks = read();
  checkIterable(chunks);
  for await (const chunk of chunks) {
    await pause();
    checkChunk(chunk, ++number, n, first);
    first ??= { features: { ...chunk.features, data: new Float32Array(0) }, labels: chunk.labels };
    labels.push(chunk.labels.labels.slice());
    if (chunk.labels.soft) soft.push(chunk.labels.soft.slice());
    keeper.add(chunk.features, n);
    if (origin.length === 0) origin = chunk.features.data.slice(0, chunk.features.columns);
    square = Math.max(square, largestDistance(chunk.features, origin));
    n += chunk.features.rows;
  }
  if (!first || n === 0) throw new FerError('INVALID_DATA', 'no rows in any chunk: give one or more.');
  const y: Labels = {
    labels: concatenate(labels, Uint8Array),
    classes: first.labels.classes,
    soft: soft.length > 0 ? concatenate(soft, Float32Array) : undefined,
  };
  const kept = keeper.kept();
  const { source, close } = chunkRows(read, n, first.features.columns);
  return { source, y, kept: { ...kept, y: selectLabels(y, kept.rows) }, origin, radius: Math.sqrt(square), close };
}

function checkIterable(chunks: unknown): void {
  if (typeof chunks === 'object' && chunks !== null) {
    if (Symbol.asyncIterator in chunks || Symbol.iterator in chunks) return;
  }
  throw new FerError(
    'INVALID_ARGUMENT',
    `read returned ${describeValue(chunks)}: it must return an iterable of chunks.`,
  );
}

/** Returns the square of the largest distance of a row from a point. */
function largestDistance({ data, columns: d }: FeatureMatrix, point: Float32Array): number {
  let most = 0;
  for (let at = 0; at < data.length; at += d) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += (data[at + j] - point[j]) ** 2;
    most = Math.max(most, sum);
  }
  return most;
}

/** Keeps every s-th row. The stride s starts at 1 and doubles whenever the buffer is full. */
function keepRows(): { add(x: FeatureMatrix, first: number): void; kept(): { rows: number[]; x: FeatureMatrix } } {
  let numbers = new Float32Array(0);
  let columns = 0;
  let rows: number[] = [];
  let every = 1;
  return {
    add({ data, rows: count, columns: d }, first) {
      const most = Math.max(2, Math.min(KEPT.rows, Math.floor(KEPT.numbers / d)));
      if (columns === 0) [columns, numbers] = [d, new Float32Array(most * d)];
      for (let row = first; row < first + count; row++) {
        if (row % every === 0 && rows.length === most) {
          rows = rows.filter((_, t) => t % 2 === 0);
          rows.forEach((_, t) => void numbers.copyWithin(t * d, 2 * t * d, (2 * t + 1) * d));
          every *= 2;
        }
        if (row % every !== 0) continue;
        numbers.set(data.subarray((row - first) * d, (row - first + 1) * d), rows.length * d);
        rows.push(row);
      }
    },
    kept: () => ({ rows, x: { data: numbers.subarray(0, rows.length * columns), rows: rows.length, columns } }),
  };
}

/** The rows of all chunks. Every pass reads them again and holds one chunk at a time. */
function chunkRows(read: ReadChunks, rows: number, columns: number): { source: Rows; close(): Promise<void> } {
  let reading: AsyncIterator<LabelledFeatures> | Iterator<LabelledFeatures> | undefined;
  /** The current chunk, and its first row. */
  let data: Float32Array = new Float32Array(0);
  let at = 0;
  /** Rows of several chunks that one block needs. */
  let joined: { first: number; data: Float32Array } | undefined;
  const end = () => at + data.length / columns;

  async function next(): Promise<void> {
    at = end();
    data = new Float32Array(0);
    const { done, value } = await reading!.next();
    if (done) throw changed(`${at} rows`);
    if (value.features.columns !== columns) throw changed(`${value.features.columns} columns`);
    data = value.features.data;
    if (end() > rows) throw changed(`${end()} rows`);
  }

  function changed(now: string): FerError {
    return new FerError('INVALID_DATA', `${now} where there were ${rows}×${columns}: give the same chunks each time.`);
  }

  async function close(): Promise<void> {
    [data, at, joined] = [new Float32Array(0), 0, undefined];
    const last = reading;
    reading = undefined;
    await last?.return?.();
  }

  async function fetch(first: number, count: number): Promise<void> {
    if (!reading || first < at) {
      await close();
      const chunks = read();
      reading = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
    }
    while (end() <= first) await next();
    if (first + count <= end()) return;
    const several = new Float32Array(count * columns);
    for (let row = first; row < first + count; ) {
      if (row >= end()) await next();
      const part = data.subarray((row - at) * columns, (first + count - at) * columns);
      several.set(part, (row - first) * columns);
      row += part.length / columns;
    }
    joined = { first, data: several };
  }

  return {
    source: {
      rows,
      columns,
      ready(first, count) {
        joined = undefined;
        return reading && first >= at && first + count <= end() ? undefined : fetch(first, count);
      },
      block(first, count) {
        if (joined?.first === first) return joined.data;
        return data.subarray((first - at) * columns, (first - at + count) * columns);
      },
    },
    close,
  };
}

/** @throws FerError `INVALID_DATA`. */
function checkChunk(chunk: LabelledFeatures, number: number, row: number, first?: LabelledFeatures) {
  if (typeof chunk !== 'object' || chunk === null) {
    throw new FerError('INVALID_DATA', `chunk ${number} is ${describeValue(chunk)}: give { features, labels }.`);
  }
  const { features, labels } = chunk;
  try {
    checkFeatures(features, first?.features.columns);
    checkLabels(labels, features.rows);
  } catch (cause) {
    if (!isFerError(cause)) throw cause;
    const { row: inside, column } = cause.place;
    const place = inside === undefined ? {} : { row: row + inside, column };
    throw new FerError('INVALID_DATA', `in chunk ${number}, ${cause.message}`, place, { cause });
  }
  const known = first?.labels;
  if (known && (!sameClasses(known.classes, labels.classes) || !known.soft !== !labels.soft)) {
    throw new FerError(
      'INVALID_DATA',
      `chunk ${number} has ${labels.soft ? 'soft' : 'hard'} labels of [${labels.classes.join(', ')}], those before it ${known.soft ? 'soft' : 'hard'} ones of [${known.classes.join(', ')}]: give all the same.`,
    );
  }
}

function concatenate<T extends Uint8Array | Float32Array>(parts: readonly T[], Type: new (length: number) => T): T {
  const whole = new Type(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
