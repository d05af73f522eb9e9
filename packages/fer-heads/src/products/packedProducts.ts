import type { FeatureMatrix } from 'fer-core';
import { type Gram, makeGram } from './gram.js';
import { panelProducts } from './panels.js';
import { BLOCK_BYTES, type Products } from './products.js';
import type { WasmFunctions } from './wasm.js';

/** Rows looked at to see how dense the features are. */
const SAMPLE = 256;

/** The fraction of the features that is not zero, estimated from rows spread evenly. */
export function density({ data: x, rows: n, columns: d }: FeatureMatrix): number {
  const taken = Math.min(n, SAMPLE);
  let filled = 0;
  for (let t = 0; t < taken; t++) {
    const from = Math.floor((t * n) / taken) * d;
    for (let j = from; j < from + d; j++) if (x[j] !== 0) filled++;
  }
  return filled / (taken * d);
}

/**
 * Products of features that are mostly zero, as those behind a ReLU are: where the others stand is noted once, in a byte
 * each. The numbers themselves are copied to WebAssembly's memory a block at a time, and used twice while in cache: a copy of all
 * of them would make a pass shorter by a third or more, and take four times the memory.
 */
export async function packedProducts(
  x: FeatureMatrix,
  wasm: WasmFunctions,
  pause: () => Promise<void> | undefined,
): Promise<{ products: Products; gram: Gram }> {
  const { data, rows: n, columns: d } = x;
  const blockRows = Math.max(4, (BLOCK_BYTES / (4 * d)) & ~3);
  const staged = wasm.allocate(blockRows * d * 4);
  const found = wasm.allocate(blockRows * d);
  const live = wasm.allocate(d);
  const blocks: { numbers: Float32Array; rows: number; steps: number; ends: number }[] = [];
  for (let first = 0; first < n; first += blockRows) {
    const wait = pause();
    if (wait) await wait;
    const rows = Math.min(blockRows, n - first);
    const numbers = data.subarray(first * d, (first + rows) * d);
    wasm.floats(staged, rows * d).set(numbers);
    const ends = wasm.allocate(rows * 4);
    const entries = wasm.packRows(staged, rows, d, found, ends, live);
    const steps = wasm.allocate(entries);
    wasm.bytes(steps, entries).set(wasm.bytes(found, entries));
    blocks.push({ numbers, rows, steps, ends });
  }

  let { rows, steps, ends } = blocks[0];
  const products = panelProducts(wasm, d, blockRows, {
    load(first) {
      const block = blocks[first / blockRows];
      ({ rows, steps, ends } = block);
      wasm.floats(staged, rows * d).set(block.numbers);
    },
    scores: (panel, out) => wasm.packedScores(staged, d, steps, ends, rows, panel, out),
    scores64: (panel, out) => wasm.packedScores64(staged, d, steps, ends, rows, panel, out),
    accumulate: (r, sums) => wasm.packedAccumulate(staged, d, steps, ends, rows, r, sums),
    accumulate64: (r, sums) => wasm.packedAccumulate64(staged, d, steps, ends, rows, r, sums),
  });
  const columns = [...wasm.bytes(live, d)].flatMap((used, j) => (used ? [j] : []));
  return { products, gram: makeGram(x, wasm, columns) };
}
