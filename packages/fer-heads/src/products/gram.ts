import type { FeatureMatrix } from 'fer-core';
import type { WasmFunctions } from './wasm.js';

/** Adds up outer products of rows in WebAssembly's memory, for rows that are mostly zero. */
export interface Gram {
  readonly wasm: WasmFunctions;
  readonly x: FeatureMatrix;
  /** The columns that have a nonzero value: the dense ones, then the others. */
  readonly columns: Uint32Array;
  /** Returns Σ weight · x and Σ weight · x² of each column, also of those that are always zero. */
  moments(rows: ArrayLike<number>, weights: ArrayLike<number>): { sums: Float32Array; squares: Float32Array };
  /**
   * Adds Σ weight · a aᵀ to the lower triangle at address `sum`, stored row by row. The vector a holds a row's values
   * in some columns.
   *
   * @param some - Some of `columns`, `most` at most, in their order.
   */
  add(rows: ArrayLike<number>, weights: ArrayLike<number>, some: Uint32Array, sum: number): void;
  /** How many values of all rows are not zero. */
  readonly values: number;
  /** Σ f² of the fractions f of a column's values that are not zero. */
  readonly overlap: number;
  /** Up to how many columns a factored Hessian pays: see {@link PAYS}. */
  readonly most: number;
  /**
   * Returns the address of a block of memory with this name, or `undefined` if there is no room for it. The block is the
   * same for each call, unless it is too small.
   *
   * @param room - How many bytes a new block has. Memory that nothing is written to costs none of the machine's, so there
   *   can be room for a larger matrix.
   * @default bytes
   */
  memory(name: string | number, bytes: number, room?: number): number | undefined;
}

/** How many rows the dense product sums at a time: its two operands then stay in L2. */
const BATCH = 32;

/** The fraction of nonzero values from which a column is dense: a dense product of pairs of them is then faster. */
const DENSE = 0.12;

/**
 * Up to how many multiplications a factorisation, c³/6 for c columns, pays for each nonzero value of all rows. Random
 * features that all matter break even at about 2,500 (300 × 1,024, a fifth of them not zero); with the factor, 300 ×
 * 2,048 take 4 to 10 times as long as with a diagonal, and 300 × 25,088 would take hours. Of the activations of a
 * trained ShallowCNN so few columns are factored that 300 rows of 1,024 are fitted two to three times as fast.
 */
const PAYS = 2000;

/**
 * @param counts - How many values of each column are not zero.
 * @param all - The number of rows to fit, if x has only some of them.
 */
export function makeGram(features: FeatureMatrix, wasm: WasmFunctions, counts: Uint32Array, all = features.rows): Gram {
  const { data: x, rows: n, columns: d } = features;
  const filled = [...counts.keys()].filter((j) => counts[j] > 0);
  const isDense = (j: number) => counts[j] >= DENSE * n;
  const dense = filled.filter(isDense);
  const columns = Uint32Array.from([...dense, ...filled.filter((j) => !isDense(j))]);
  const staged = wasm.allocate(d * 4);
  const totals = wasm.allocate(2 * d * 4);
  const offsets = wasm.allocate(columns.length * 4);
  const entries = wasm.allocate((columns.length + 1) * 8);
  const values = counts.reduce((sum, count) => sum + count, 0) * (all / n);
  const most = Math.floor(Math.min(columns.length, Math.cbrt(6 * PAYS * values)));
  const widest = whole(Math.min(dense.length, most));
  const operands = wasm.allocate(2 * BATCH * widest * 4);
  const room = wasm.allocate(128);
  const blocks = new Map<string | number, { address: number; bytes: number }>();
  return {
    wasm,
    x: features,
    columns,
    values,
    overlap: counts.reduce((sum, count) => sum + (count / n) ** 2, 0),
    most,
    moments(rows, weights) {
      const row = wasm.floats(staged, d);
      const both = wasm.floats(totals, 2 * d).fill(0);
      for (let t = 0; t < rows.length; t++) {
        row.set(x.subarray(rows[t] * d, (rows[t] + 1) * d));
        wasm.gramMoments(staged, d, weights[t], totals, totals + 4 * d);
      }
      return { sums: both.slice(0, d), squares: both.slice(d) };
    },
    add(rows, weights, some, sum) {
      const row = wasm.floats(staged, d);
      wasm.words(offsets, some.length).set(some.map((column) => 4 * column));
      const front = some.filter(isDense).length;
      const width = whole(front);
      const scaled = operands + 4 * BATCH * width;
      let batched = 0;
      for (let t = 0; t < rows.length; t++) {
        const at = 4 * batched++ * width;
        row.set(x.subarray(rows[t] * d, (rows[t] + 1) * d));
        wasm.gramRow(staged, offsets, some.length, front, weights[t], entries, operands + at, scaled + at, sum);
        if (batched < BATCH && t + 1 < rows.length) continue;
        wasm.gramBlock(scaled, operands, batched, front, width, sum, room);
        batched = 0;
      }
    },
    memory(name, bytes, room = bytes) {
      const known = blocks.get(name);
      if (known && known.bytes >= bytes) return known.address;
      if (!wasm.fits(room)) return undefined;
      const address = wasm.allocate(room);
      blocks.set(name, { address, bytes: room });
      return address;
    },
  };
}

/** The width of a block of so many dense columns: the next multiple of 8. */
function whole(columns: number): number {
  return (columns + 7) & ~7;
}
