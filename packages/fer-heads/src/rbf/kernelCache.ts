/** Rows of a symmetric kernel matrix, computed on request. */
export interface KernelRows {
  /** The number of rows and of columns. */
  readonly size: number;
  /** Returns at least the first `length` numbers of a row. The array is valid until the next `swap`. */
  row(i: number, length: number): Float32Array;
  /** Swaps rows i and j, and columns i and j. */
  swap(i: number, j: number): void;
}

/**
 * Writes the kernel values of one row: out[t] = K(row, columns[t]) for t from `from` to `to` − 1. Rows and columns are
 * original indices.
 */
export type MakeRow = (row: number, columns: Int32Array, from: number, to: number, out: Float32Array) => void;

/**
 * Caches rows of a kernel matrix and drops the least recently used ones first, as libsvm does. It caches only the
 * requested part of a row: a solver that shrinks its problem requests shorter and shorter rows.
 *
 * @param bytes - The most memory the rows may take. Two rows are always kept.
 */
export function cachedRows(size: number, bytes: number, make: MakeRow): KernelRows {
  const order = Int32Array.from({ length: size }, (_, i) => i);
  /** Rows by original index. A Map keeps insertion order, so its first entry is the least recently used row. */
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
          // The cached part holds one of the two swapped values but not the other.
          rows.delete(id);
          used -= row.length;
        }
      }
    },
  };
}
