import { checkFunction, type FeatureMatrix, FerError, type Labels, selectLabels } from 'fer-core';
import { checksums } from './checksum.js';
import { type Chunk, type FirstReading, type ReadChunks, readChunks } from './reading.js';
import type { Rows } from './rows.js';

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
  /** Ends the fit's reading: if it has come to the last row, there must be no more. */
  finish(): Promise<void>;
  /** Ends the reading as it is. */
  close(): Promise<void>;
}

/**
 * Reads all chunks once. It checks them, collects their labels, and keeps a sample of the rows.
 *
 * @throws FerError as {@link readChunks}; `INVALID_DATA` if there are no rows.
 */
export async function surveyChunks(read: ReadChunks, pause: () => Promise<void> | undefined): Promise<Surveyed> {
  const labels: Uint8Array[] = [];
  const soft: Float32Array[] = [];
  const sums: Int32Array[] = [];
  const keeper = keepRows();
  let form: { readonly columns: number; readonly classes: readonly string[] } | undefined;
  let origin = new Float32Array(0);
  let square = 0;
  let n = 0;
  checkFunction('read', read);
  for await (const { features, labels: y, first } of readChunks(read, 1)) {
    await pause();
    form ??= { columns: features.columns, classes: [...y.classes] };
    labels.push(y.labels.slice());
    if (y.soft) soft.push(y.soft.slice());
    sums.push(checksums(features));
    keeper.add(features, first);
    if (origin.length === 0) origin = features.data.slice(0, features.columns);
    square = Math.max(square, largestDistance(features, origin));
    n = first + features.rows;
  }
  if (!form || n === 0) throw new FerError('INVALID_DATA', 'no rows in any chunk: give one or more.');
  const y: Labels = {
    labels: concatenate(labels, Uint8Array),
    classes: form.classes,
    soft: soft.length > 0 ? concatenate(soft, Float32Array) : undefined,
  };
  const kept = keeper.kept();
  const known = { y, columns: form.columns, checksums: concatenate(sums, Int32Array) };
  return {
    ...chunkRows(read, known),
    y,
    kept: { ...kept, y: selectLabels(y, kept.rows) },
    origin,
    radius: Math.sqrt(square),
  };
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
function chunkRows(read: ReadChunks, known: FirstReading): Pick<Surveyed, 'source' | 'finish' | 'close'> {
  const { columns } = known;
  const rows = known.checksums.length;
  let reading: AsyncGenerator<Chunk, void> | undefined;
  let readings = 1;
  /** The current chunk, and its first row. */
  let data: Float32Array = new Float32Array(0);
  let at = 0;
  /** Rows of several chunks that one block needs. */
  let joined: { first: number; data: Float32Array } | undefined;
  const end = () => at + data.length / columns;

  /** Reads the next chunk. There is one before the last row: else the reading itself throws. */
  async function next(): Promise<void> {
    const { value } = (await reading!.next()) as IteratorYieldResult<Chunk>;
    [data, at] = [value.features.data, value.first];
  }

  async function close(): Promise<void> {
    [data, at, joined] = [new Float32Array(0), 0, undefined];
    const last = reading;
    reading = undefined;
    await last?.return();
  }

  async function finish(): Promise<void> {
    // The reading throws if more rows follow. Chunks without rows may.
    if (reading && end() === rows) while (!(await reading.next()).done);
    await close();
  }

  async function fetch(first: number, count: number): Promise<void> {
    if (!reading || first < at) {
      await finish();
      reading = readChunks(read, ++readings, known);
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
    finish,
    close,
  };
}

function concatenate<T extends Uint8Array | Float32Array | Int32Array>(
  parts: readonly T[],
  Type: new (length: number) => T,
): T {
  const whole = new Type(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
