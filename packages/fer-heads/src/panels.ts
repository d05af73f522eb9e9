import type { Kernels } from './kernels.js';
import type { Products } from './products.js';

/** Score columns that the kernels work on at a time. */
const LANES = 8;

/** The two kernels over one block of rows. */
export interface BlockKernels {
  /** Called before the first kernel over a block. */
  load(first: number, rows: number): void;
  scores(panel: number, out: number): void;
  accumulate(r: number, sums: number): void;
}

/**
 * Products by kernels over panels of eight columns: float32 inside a block, float64 across blocks. The last rows of a
 * block may be padded to a multiple of four.
 */
export function panelProducts(kernels: Kernels, d: number, blockRows: number, block: BlockKernels): Products {
  const padded = (blockRows + 3) & ~3;
  /** d × 8: each group of eight score columns of the vectors. */
  let panels: number[] = [];
  const panelSums = kernels.allocate(d * LANES * 4);
  const panelRows = kernels.allocate(padded * LANES * 4);
  let totals = new Float64Array(0);
  let count = 0;
  let loaded = -1;
  return {
    blockRows,

    begin(v, columns) {
      count = columns;
      loaded = -1;
      const groups = Math.ceil(count / LANES);
      while (panels.length < groups) panels = [...panels, kernels.allocate(d * LANES * 4)];
      for (let group = 0; group < groups; group++) {
        const panel = kernels.floats(panels[group], d * LANES).fill(0);
        for (let c = group * LANES; c < Math.min(count, (group + 1) * LANES); c++) {
          for (let j = 0; j < d; j++) panel[j * LANES + (c % LANES)] = v[c * d + j];
        }
      }
      totals = new Float64Array(groups * d * LANES);
    },

    scores(first, rows, out) {
      if (loaded !== first) block.load(first, rows);
      loaded = first;
      for (let from = 0; from < count; from += LANES) {
        block.scores(panels[from / LANES], panelRows);
        const found = kernels.floats(panelRows, rows * LANES);
        for (let c = from; c < Math.min(count, from + LANES); c++) {
          for (let i = 0; i < rows; i++) out[c * rows + i] = found[i * LANES + (c % LANES)];
        }
      }
    },

    accumulate(first, rows, r) {
      if (loaded !== first) block.load(first, rows);
      loaded = first;
      for (let from = 0; from < count; from += LANES) {
        const given = kernels.floats(panelRows, padded * LANES).fill(0);
        for (let c = from; c < Math.min(count, from + LANES); c++) {
          for (let i = 0; i < rows; i++) given[i * LANES + (c % LANES)] = r[c * rows + i];
        }
        const sums = kernels.floats(panelSums, d * LANES).fill(0);
        block.accumulate(panelRows, panelSums);
        const base = from * d;
        for (let j = 0; j < d * LANES; j++) totals[base + j] += sums[j];
      }
    },

    end(out) {
      for (let c = 0; c < count; c++) {
        const base = (c - (c % LANES)) * d + (c % LANES);
        for (let j = 0; j < d; j++) out[c * d + j] = totals[base + j * LANES];
      }
    },
  };
}
