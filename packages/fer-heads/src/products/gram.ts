import type { FeatureMatrix } from 'fer-core';
import type { WasmFunctions } from './wasm.js';

/** Adds up outer products of rows of [X, 1] in WebAssembly's memory, for an X that is mostly zero. */
export interface Gram {
  readonly wasm: WasmFunctions;
  /** The columns that have a nonzero value: the dense ones, then the others. */
  readonly columns: Uint32Array;
  /**
   * Adds Σ weight · a aᵀ to the lower triangle at address `sum`, stored row by row. The vector a holds a row's values
   * in `columns`, followed by a 1 if `constant` is true.
   */
  add(rows: ArrayLike<number>, weights: ArrayLike<number>, constant: boolean, sum: number): void;
  /**
   * Returns the address of a block of memory with this name. Calls return the same address until they ask for more
   * bytes than there are. The block is then given to other names.
   */
  memory(name: string | number, bytes: number): number;
}

/** A block of WebAssembly's memory. */
interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** How many rows the dense product sums at a time: its two operands then stay in L2. */
const BATCH = 32;

/** The fraction of nonzero values from which a column is dense: a dense product of pairs of them is then faster. */
const DENSE = 0.12;

/** @param counts - How many values of each column are not zero. */
export function makeGram(
  { data: x, rows: n, columns: d }: FeatureMatrix,
  wasm: WasmFunctions,
  counts: Uint32Array,
): Gram {
  const filled = [...counts.keys()].filter((j) => counts[j] > 0);
  const dense = filled.filter((j) => counts[j] >= DENSE * n);
  const columns = Uint32Array.from([...dense, ...filled.filter((j) => counts[j] < DENSE * n)]);
  const front = dense.length;
  const staged = wasm.allocate(d * 4);
  const live = columns.length;
  const offsets = wasm.allocate(live * 4);
  const entries = wasm.allocate((live + 2) * 8);
  const width = (front + 7) & ~7;
  const operands = wasm.allocate(2 * BATCH * width * 4);
  const square = wasm.allocate(width * width * 4);
  wasm.words(offsets, live).set(columns.map((column) => 4 * column));
  const blocks = new Map<string | number, Block>();
  /** Blocks that their names have outgrown. */
  const spare: Block[] = [];
  return {
    wasm,
    columns,
    add(rows, weights, constant, sum) {
      const row = wasm.floats(staged, d);
      const scaled = operands + 4 * BATCH * width;
      let batched = 0;
      for (let t = 0; t < rows.length; t++) {
        const at = 4 * batched++ * width;
        row.set(x.subarray(rows[t] * d, (rows[t] + 1) * d));
        wasm.gramRow(
          staged,
          offsets,
          live,
          front,
          constant ? 1 : 0,
          weights[t],
          entries,
          operands + at,
          scaled + at,
          sum,
        );
        if (batched < BATCH && t + 1 < rows.length) continue;
        wasm.gramBlock(scaled, operands, batched, width, square);
        batched = 0;
      }
      const dense = wasm.floats(square, width * width);
      const triangle = wasm.floats(sum, (front * (front + 1)) / 2);
      for (let a = 0, e = 0; a < front; a++) for (let b = 0; b <= a; b++) triangle[e++] += dense[a * width + b];
      dense.fill(0);
    },
    memory(name, bytes) {
      const known = blocks.get(name);
      if (known && known.bytes >= bytes) return known.address;
      if (known) spare.push(known);
      const fitting = spare.findIndex((block) => block.bytes >= bytes);
      const [block] = fitting < 0 ? [{ address: wasm.allocate(bytes), bytes }] : spare.splice(fitting, 1);
      blocks.set(name, block);
      return block.address;
    },
  };
}
