import type { FeatureMatrix } from 'fer-core';
import { type Gram, makeGram } from './gram.js';
import { type PackedBlock, packedHinge } from './packedHinge.js';
import { panelProducts } from './panels.js';
import { BLOCK_BYTES, type Products } from './products.js';
import type { WasmFunctions } from './wasm.js';

/** How many rows are sampled to estimate the density. */
const SAMPLE = 256;

/** Returns the fraction of features that are not zero, estimated from evenly spaced rows. */
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
 * Products of features that are mostly zero, such as the output of a ReLU. The positions of the nonzero values are
 * packed once, one byte each.
 *
 * The values themselves are copied to WebAssembly's memory block by block and used twice while they are in cache.
 * Keeping a copy of all values would shorten a pass by at least a third, but take four times the memory.
 *
 * @returns Beside the products, the largest norm of a row, which is not finite if one of its numbers isn't.
 */
export async function packedProducts(
  x: FeatureMatrix,
  wasm: WasmFunctions,
  pause: () => Promise<void> | undefined,
): Promise<{ products: Products; gram: Gram; radius: number }> {
  const { data, rows: n, columns: d } = x;
  const blockRows = Math.max(4, (BLOCK_BYTES / (4 * d)) & ~3);
  const staged = wasm.allocate(blockRows * d * 4);
  const found = wasm.allocate(blockRows * d);
  const rounded = wasm.allocate(2 * blockRows * d);
  const counts = wasm.allocate(4 * d);
  const most = wasm.allocate(8);
  const blocks: PackedBlock[] = [];
  for (let first = 0; first < n; first += blockRows) {
    const wait = pause();
    if (wait) await wait;
    const rows = Math.min(blockRows, n - first);
    wasm.floats(staged, rows * d).set(data.subarray(first * d, (first + rows) * d));
    const ends = wasm.allocate(rows * 4);
    const entries = wasm.packRows(staged, rows, d, found, rounded, ends, counts, most);
    const steps = wasm.allocate(entries);
    const halves = wasm.allocate(2 * entries);
    wasm.bytes(steps, entries).set(wasm.bytes(found, entries));
    wasm.bytes(halves, 2 * entries).set(wasm.bytes(rounded, 2 * entries));
    blocks.push({ rows, steps, halves, ends });
  }

  let { rows, steps, halves, ends } = blocks[0];
  const products = panelProducts(wasm, d, blockRows, {
    load(first, _rows, exact) {
      ({ rows, steps, halves, ends } = blocks[first / blockRows]);
      if (exact) wasm.floats(staged, rows * d).set(data.subarray(first * d, (first + rows) * d));
    },
    scores: (panel, out) => wasm.packedScores(halves, steps, ends, rows, panel, out),
    scores64: (panel, out) => wasm.packedScores64(staged, d, steps, ends, rows, panel, out),
    accumulate: (r, sums) => wasm.packedAccumulate(halves, steps, ends, rows, r, sums),
    accumulate64: (r, sums) => wasm.packedAccumulate64(staged, d, steps, ends, rows, r, sums),
  });
  return {
    products: { ...products, hinge: packedHinge(wasm, x, blocks, staged) },
    gram: makeGram(x, wasm, wasm.words(counts, d).slice()),
    radius: Math.sqrt(wasm.doubles(most, 1)[0]),
  };
}
