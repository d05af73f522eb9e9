import type { Rows } from '../rows/rows.js';
import { panelProducts } from './panels.js';
import type { Products } from './products.js';
import type { Kernels } from './wasm.js';

/** Half of a small L2 cache, in bytes. */
const BLOCK_BYTES = 1 << 18;

/** Products of any features: a block of rows at a time is copied to the kernels, and used twice while in cache. */
export function denseProducts(x: Rows, kernels: Kernels): Products {
  const d = x.columns;
  const blockRows = Math.max(4, (BLOCK_BYTES / (4 * d)) & ~3);
  const staged = kernels.allocate(blockRows * d * 4);
  let rows = 0;
  return panelProducts(kernels, d, blockRows, {
    load(first, count) {
      rows = (count + 3) & ~3;
      const target = kernels.floats(staged, rows * d);
      target.set(x.block(first, count));
      target.fill(0, count * d);
    },
    scores: (panel, out) => kernels.denseScores(staged, rows, d, panel, out),
    scores64: (panel, out) => kernels.denseScores64(staged, rows, d, panel, out),
    accumulate: (r, sums) => kernels.denseAccumulate(staged, rows, d, r, sums),
  });
}
