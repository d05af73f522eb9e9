import type { Gram } from './gram.js';

/** Some rows in WebAssembly's memory, for products in float64. They are valid until their slot is filled again. */
export interface HeldRows {
  /** out (rows) = X · v. */
  times(v: Float64Array, out: Float64Array): void;
  /** out (d) = Xᵀ · r. */
  transposedTimes(r: Float64Array, out: Float64Array): void;
  /**
   * Adds Σⱼ weight[j] · x[a][j] · x[b][j] for each pair of rows to the lower triangle at `sum`, stored row by row, in
   * float32.
   *
   * @param weights - One for each column.
   */
  addProducts(weights: Float64Array, sum: number): void;
}

/** How many columns are transposed at a time. */
const STRIP = 16;
/** An entry's column has 16 bits. */
const MOST_COLUMNS = 1 << 16;

/**
 * Copies what isn't zero in some rows.
 *
 * @param slot - Selects the memory to use.
 * @returns `undefined` if there is no room, or if there are too many columns.
 */
export function holdRows(gram: Gram, rows: ArrayLike<number>, slot: number | string): HeldRows | undefined {
  const { wasm, x, memory } = gram;
  const d = x.columns;
  const s = rows.length;
  if (d > MOST_COLUMNS) return undefined;
  const ends = countEntries(x.data, d, rows);
  const count = s > 0 ? ends[s - 1] : 0;
  const bytes = 4 * s + 6 * count;
  // The next rows may be twice as many.
  const entries = memory(`entries ${slot}`, bytes, 2.2 * bytes);
  const short = memory('a number for each row', 8 * s);
  const long = memory('a number for each column', 8 * d);
  const strip = memory('strip', 4 * STRIP * s);
  const places = memory('places', 4 * s);
  const found = memory('found', 8 * (s + 1));
  if (!(entries && short && long && strip && places && found)) return undefined;
  const values = entries + 4 * s;
  const columns = values + 4 * count;
  wasm.words(entries, s).set(ends);
  copyEntries(x.data, d, rows, wasm.floats(values, count), new Uint16Array(wasm.bytes(0).buffer, columns, count));
  return {
    times(v, out) {
      wasm.doubles(long, d).set(v);
      wasm.entriesTimes(values, columns, entries, s, long, short);
      out.set(wasm.doubles(short, s));
    },
    transposedTimes(r, out) {
      wasm.doubles(short, s).set(r);
      wasm.doubles(long, d).fill(0);
      wasm.entriesAdd(values, columns, entries, s, short, long);
      out.set(wasm.doubles(long, d));
    },
    addProducts(weights, sum) {
      wasm.words(places, s).set(Uint32Array.from({ length: s }, (_, t) => 4 * t));
      for (let first = 0; first < d; first += STRIP) {
        const width = Math.min(STRIP, d - first);
        transpose(x.data, d, rows, first, width, wasm.floats(strip, width * s));
        for (let l = 0; l < width; l++) {
          // Of the transposed rows: a row of theirs is a column.
          wasm.gramRow(strip + 4 * l * s, places, s, 0, weights[first + l], found, 0, 0, sum);
        }
      }
    },
  };
}

/** How many entries there are up to the end of each row. */
function countEntries(x: Float32Array, d: number, rows: ArrayLike<number>): Uint32Array {
  let count = 0;
  return Uint32Array.from(rows, (row) => {
    for (let at = row * d; at < (row + 1) * d; at++) if (x[at] !== 0) count++;
    return count;
  });
}

function copyEntries(
  x: Float32Array,
  d: number,
  rows: ArrayLike<number>,
  values: Float32Array,
  columns: Uint16Array,
): void {
  for (let t = 0, e = 0; t < rows.length; t++) {
    for (let j = 0; j < d; j++) {
      const value = x[rows[t] * d + j];
      if (value === 0) continue;
      values[e] = value;
      columns[e++] = j;
    }
  }
}

/** Writes `width` columns of some rows, from column `first`, one after the other. */
function transpose(
  x: Float32Array,
  d: number,
  rows: ArrayLike<number>,
  first: number,
  width: number,
  out: Float32Array,
): void {
  for (let t = 0; t < rows.length; t++) {
    const at = rows[t] * d + first;
    for (let l = 0; l < width; l++) out[l * rows.length + t] = x[at + l];
  }
}
