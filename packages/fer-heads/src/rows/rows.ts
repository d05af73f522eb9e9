import type { FeatureMatrix } from 'fer-core';

/** Rows of features that a pass reads forward, a block at a time. */
export interface Rows {
  readonly rows: number;
  readonly columns: number;
  /** Fetches the rows that `block` returns next; undefined where they are in memory already. */
  ready(first: number, count: number): Promise<void> | undefined;
  /** count × columns numbers. Read them only, and only until the next `ready`. */
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
