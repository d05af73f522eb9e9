import { MOST_ROWS, type Products } from './products.js';
import type { WasmFunctions } from './wasm.js';

/** How many score columns the WASM functions process at a time. */
const LANES = 8;

/** The two products over one block of rows. */
export interface BlockFunctions {
  /** Called before the first kernel over a block. */
  load(first: number, rows: number, exact: boolean): void;
  scores(panel: number, out: number): void;
  /** As `scores`, with `panel` and `out` in float64. */
  scores64(panel: number, out: number): void;
  accumulate(r: number, sums: number): void;
  /** As `accumulate`, with `r` and `sums` in float64. */
  accumulate64(r: number, sums: number): void;
}

/**
 * Products computed by WASM functions over panels of eight columns.
 *
 * Exact passes use float64. Other passes use float32 within about a thousand rows, and float64 across them. The rows of
 * a block may be padded to a multiple of four.
 *
 * @param units - What the columns have to be multiplied by in passes that aren't exact; 1 by default.
 */
export function panelProducts(
  wasm: WasmFunctions,
  d: number,
  blockRows: number,
  block: BlockFunctions,
  units = new Float64Array(d).fill(1),
): Products {
  const padded = (blockRows + 3) & ~3;
  /** One d × 8 panel for each group of eight score columns. */
  const panels: number[] = [];
  /** The sums since the last flush, one d × 8 panel for each group. */
  const partial: number[] = [];
  const panelRows = wasm.allocate(padded * LANES * 8);
  let totals = new Float64Array(0);
  let count = 0;
  let exact = false;
  let unflushed = 0;
  const numbers = (address: number, length: number) =>
    exact ? wasm.doubles(address, length) : wasm.floats(address, length);
  let loaded = -1;

  function flush(): void {
    for (let from = 0; from < count; from += LANES) {
      const sums = numbers(partial[from / LANES], d * LANES);
      const base = from * d;
      for (let j = 0; j < d * LANES; j++) totals[base + j] += sums[j];
      sums.fill(0);
    }
    unflushed = 0;
  }

  return {
    blockRows,

    begin(v, columns, exactly) {
      count = columns;
      exact = exactly;
      loaded = -1;
      const groups = Math.ceil(count / LANES);
      while (panels.length < groups) {
        panels.push(wasm.allocate(d * LANES * 8));
        partial.push(wasm.allocate(d * LANES * 8));
      }
      for (let group = 0; group < groups; group++) {
        const panel = numbers(panels[group], d * LANES).fill(0);
        for (let c = group * LANES; c < Math.min(count, (group + 1) * LANES); c++) {
          for (let j = 0; j < d; j++) panel[j * LANES + (c % LANES)] = v[c * d + j] * (exact ? 1 : units[j]);
        }
      }
      if (totals.length < groups * d * LANES) totals = new Float64Array(groups * d * LANES);
      else totals.fill(0);
    },

    scores(first, rows, out) {
      if (loaded !== first) block.load(first, rows, exact);
      loaded = first;
      for (let from = 0; from < count; from += LANES) {
        if (exact) block.scores64(panels[from / LANES], panelRows);
        else block.scores(panels[from / LANES], panelRows);
        const found = numbers(panelRows, rows * LANES);
        for (let c = from; c < Math.min(count, from + LANES); c++) {
          for (let i = 0; i < rows; i++) out[c * rows + i] = found[i * LANES + (c % LANES)];
        }
      }
    },

    accumulate(first, rows, r) {
      if (loaded !== first) block.load(first, rows, exact);
      loaded = first;
      for (let from = 0; from < count; from += LANES) {
        const given = numbers(panelRows, padded * LANES).fill(0);
        for (let c = from; c < Math.min(count, from + LANES); c++) {
          for (let i = 0; i < rows; i++) given[i * LANES + (c % LANES)] = r[c * rows + i];
        }
        if (exact) block.accumulate64(panelRows, partial[from / LANES]);
        else block.accumulate(panelRows, partial[from / LANES]);
      }
      unflushed += rows;
      if (unflushed >= MOST_ROWS) flush();
    },

    end(out) {
      flush();
      for (let c = 0; c < count; c++) {
        const base = (c - (c % LANES)) * d + (c % LANES);
        for (let j = 0; j < d; j++) out[c * d + j] = totals[base + j * LANES] * (exact ? 1 : units[j]);
      }
    },
  };
}
