import type { Rows } from '../rows/rows.js';
import { panelProducts } from './panels.js';
import { type Products, rowsOfBlock } from './products.js';
import type { WasmFunctions } from './wasm.js';

/**
 * Products of dense features. Each block of rows is copied to WebAssembly's memory and used twice while it is in cache.
 *
 * @param centre - See {@link Products}. Its values must be exact in float32.
 */
export function denseProducts(x: Rows, wasm: WasmFunctions, centre: Float64Array): Products {
  const d = x.columns;
  const blockRows = rowsOfBlock(d);
  const staged = wasm.allocate(blockRows * d * 4);
  const middle = wasm.allocate(d * 4);
  wasm.floats(middle, d).set(centre);
  const centred = centre.some((value) => value !== 0);
  let rows = 0;
  const products = panelProducts(wasm, d, blockRows, {
    load(first, count, exact) {
      rows = (count + 3) & ~3;
      const target = wasm.floats(staged, rows * d);
      target.set(x.block(first, count));
      if (centred && !exact) wasm.subtractRow(staged, count, d, middle);
      target.fill(0, count * d);
    },
    scores: (panel, out) => wasm.denseScores(staged, rows, d, panel, out),
    scores64: (panel, out) => wasm.denseScores64(staged, rows, d, panel, out),
    accumulate: (r, sums) => wasm.denseAccumulate(staged, rows, d, r, sums),
    accumulate64: (r, sums) => wasm.denseAccumulate64(staged, rows, d, r, sums),
  });
  return { ...products, centre };
}
