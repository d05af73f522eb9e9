import type { FeatureMatrix } from 'fer-core';

/** Rows of features that a pass reads in order, block by block. */
export interface Rows {
  readonly rows: number;
  readonly columns: number;
  /** Fetches the rows that `block` returns next. Returns `undefined` if they are already in memory. */
  ready(first: number, count: number): Promise<void> | undefined;
  /** Returns count × columns numbers. They are read-only and valid until the next `ready`. */
  block(first: number, count: number): Float32Array;
}

/** The rows of a matrix in memory. */
export function memoryRows({ data, rows, columns }: FeatureMatrix): Rows {
  return {
    rows,
    columns,
    ready: () => undefined,
    block: (first, count) => data.subarray(first * columns, (first + count) * columns),
  };
}
