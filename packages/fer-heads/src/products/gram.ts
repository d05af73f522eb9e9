import type { FeatureMatrix } from 'fer-core';
import type { WasmFunctions } from './wasm.js';

/** Adds up outer products of rows of [X, 1] in WebAssembly's memory, for an X that is mostly zero. */
export interface Gram {
  readonly wasm: WasmFunctions;
  /** The columns that have a nonzero value, in ascending order. */
  readonly columns: readonly number[];
  /**
   * Adds Σ weight · a aᵀ to the lower triangle at address `sum`, stored row by row. The vector a holds a row's values
   * in `columns`, followed by a 1 if `constant` is true.
   */
  add(rows: ArrayLike<number>, weights: ArrayLike<number>, constant: boolean, sum: number): void;
  /**
   * Returns the address of a block of memory with this name. The first call allocates it; later calls return the same
   * address.
   */
  memory(name: string | number, bytes: number): number;
}

/** Marks a column that is left out: −1 as a 32-bit word. */
const NOWHERE = 0xffffffff;

/** @param columns - The columns that have a nonzero value, in ascending order. */
export function makeGram(
  { data: x, columns: d }: FeatureMatrix,
  wasm: WasmFunctions,
  columns: readonly number[],
): Gram {
  const staged = wasm.allocate(d * 4);
  const places = wasm.allocate((d + 1) * 4);
  const entries = wasm.allocate((d + 1) * 8);
  const addresses = new Map<string | number, number>();
  return {
    wasm,
    columns,
    add(rows, weights, constant, sum) {
      const placed = wasm.words(places, d + 1).fill(NOWHERE);
      columns.forEach((column, place) => {
        placed[column] = place;
      });
      if (constant) placed[d] = columns.length;
      const row = wasm.floats(staged, d);
      for (let t = 0; t < rows.length; t++) {
        row.set(x.subarray(rows[t] * d, (rows[t] + 1) * d));
        wasm.rowGram(staged, d, weights[t], places, entries, sum);
      }
    },
    memory(name, bytes) {
      if (!addresses.has(name)) addresses.set(name, wasm.allocate(bytes));
      return addresses.get(name)!;
    },
  };
}
