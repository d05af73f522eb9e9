/** The rows of a symmetric kernel matrix, made when they are asked for. */
export interface KernelRows {
  /** Rows and columns. */
  readonly size: number;
  /** The first `length` numbers of a row; there may be more. The array is right until the next `swap`. */
  row(i: number, length: number): Float32Array;
  /** Exchanges two rows, and the two columns. */
  swap(i: number, j: number): void;
}

/** Writes kernel values of one row with some others: out[t] = K(row, columns[t]) for t from..to−1, by original index. */
export type MakeRow = (row: number, columns: Int32Array, from: number, to: number, out: Float32Array) => void;

/**
 * Rows of a kernel matrix that keep to a number of bytes: what was not used for longest goes first, as in libsvm. A row
 * may be there in part, up to where it was ever asked for: a solver that shrinks its problem asks for less and less.
 *
 * @param bytes - For the numbers of the rows; room for two rows is there in any case.
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
