/** The rows of a symmetric kernel matrix, computed on request. */
export interface KernelRows {
  /** Rows and columns. */
  readonly size: number;
  /** The first `length` numbers of a row; there may be more. The array is valid until the next `swap`. */
  row(i: number, length: number): Float32Array;
  /** Exchanges two rows, and the two columns. */
  swap(i: number, j: number): void;
}

/** Writes kernel values of one row with some others: out[t] = K(row, columns[t]) for t from..to−1, by original index. */
export type MakeRow = (row: number, columns: Int32Array, from: number, to: number, out: Float32Array) => void;

/**
 * Caches rows of a kernel matrix within a number of bytes, and drops the least recently used first, as libsvm does. Only
 * the part of a row that was asked for is kept: a solver that shrinks its problem asks for less and less.
 *
 * @param bytes - Limit of the rows' numbers; two rows fit in any case.
 */
export function cachedRows(size: number, bytes: number, make: MakeRow): KernelRows {
  const order = Int32Array.from({ length: size }, (_, i) => i);
  /** By original index; a Map keeps the order of insertion, so the first is the one not used for longest. */
  const rows = new Map<number, Float32Array>();
  const room = Math.max(bytes / 4, 2 * size);
  let used = 0;
  return {
    size,
    row(i, length) {
      const id = order[i];
      let row = rows.get(id);
      if (row) rows.delete(id);
      if (!row || row.length < length) {
        const begun = row?.length ?? 0;
        const longer = new Float32Array(length);
        if (row) longer.set(row);
        make(id, order, begun, length, longer);
        row = longer;
        used += length - begun;
        for (const [oldest, { length: freed }] of rows) {
          if (used <= room) break;
          rows.delete(oldest);
          used -= freed;
        }
      }
      rows.set(id, row);
      return row;
    },
    swap(i, j) {
      const [low, high] = i < j ? [i, j] : [j, i];
      [order[low], order[high]] = [order[high], order[low]];
      for (const [id, row] of rows) {
        if (row.length > high) [row[low], row[high]] = [row[high], row[low]];
        else if (row.length > low) {
          // It holds the number that leaves and lacks the one that comes.
          rows.delete(id);
          used -= row.length;
        }
      }
    },
  };
}
