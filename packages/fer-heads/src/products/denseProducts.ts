import type { Rows } from '../rows/rows.js';
import { panelProducts } from './panels.js';
import type { Products } from './products.js';
import type { Kernels } from './wasm.js';

/** An eighth of a usual L2 cache of 2 MB, half of a small one, in bytes. */
const BLOCK_BYTES = 1 << 18;

/**
 * Products of any features: a block of rows at a time is copied to the kernels, and used twice while in cache.
 *
 * @param centre - See {@link Products}; numbers that float32 holds.
 */
export function denseProducts(x: Rows, kernels: Kernels, centre: Float64Array): Products {
  const d = x.columns;
  const blockRows = Math.max(4, (BLOCK_BYTES / (4 * d)) & ~3);
  const staged = kernels.allocate(blockRows * d * 4);
  const middle = kernels.allocate(d * 4);
  kernels.floats(middle, d).set(centre);
  const centred = centre.some((value) => value !== 0);
  let rows = 0;
  const products = panelProducts(kernels, d, blockRows, {
    load(first, count, exact) {
      rows = (count + 3) & ~3;
      const target = kernels.floats(staged, rows * d);
      target.set(x.block(first, count));
      if (centred && !exact) kernels.subtractRow(staged, count, d, middle);
      target.fill(0, count * d);
    },
    scores: (panel, out) => kernels.denseScores(staged, rows, d, panel, out),
    scores64: (panel, out) => kernels.denseScores64(staged, rows, d, panel, out),
    accumulate: (r, sums) => kernels.denseAccumulate(staged, rows, d, r, sums),
    accumulate64: (r, sums) => kernels.denseAccumulate64(staged, rows, d, r, sums),
  });
  return { ...products, centre };
}
