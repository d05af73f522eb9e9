import type { FeatureMatrix } from 'fer-core';
import type { WasmFunctions } from './wasm.js';

/** Sums of outer products of rows of [X, 1], X being in memory and mostly zero, in WebAssembly's memory. */
export interface Gram {
  readonly wasm: WasmFunctions;
  /** The columns that are not zero throughout, in order. */
  readonly columns: readonly number[];
  /**
   * The lower triangle at address `sum`, row after row, += Σ weight · a aᵀ, a being a row's `columns`, and a last 1
   * where `constant` is set.
   */
  add(rows: ArrayLike<number>, weights: ArrayLike<number>, constant: boolean, sum: number): void;
  /** The address of so many bytes that stay, and are the same each time they are asked for by this name. */
  memory(name: string | number, bytes: number): number;
}

/** The place of a column that is left out: −1. */
const NOWHERE = 0xffffffff;

/** @param columns - Those that are not zero throughout, in order. */
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
