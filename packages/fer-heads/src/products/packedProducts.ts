import type { FeatureMatrix } from 'fer-core';
import { type Gram, makeGram } from './gram.js';
import { panelProducts } from './panels.js';
import type { Products } from './products.js';
import type { Kernels } from './wasm.js';

/** Half of a small L2 cache, in bytes: a block stays there from the scores to the sums. */
const BLOCK_BYTES = 1 << 18;
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
 * each. The numbers themselves are copied to the kernels a block at a time, and used twice while in cache: a copy of all
 * of them would make a pass shorter by a third or more, and take four times the memory.
 */
export async function packedProducts(
  x: FeatureMatrix,
  kernels: Kernels,
  pause: () => Promise<void> | undefined,
): Promise<{ products: Products; gram: Gram }> {
  const { data, rows: n, columns: d } = x;
  const blockRows = Math.max(4, (BLOCK_BYTES / (4 * d)) & ~3);
  const staged = kernels.allocate(blockRows * d * 4);
  const found = kernels.allocate(blockRows * d);
  const live = kernels.allocate(d);
  const blocks: { numbers: Float32Array; rows: number; steps: number; ends: number }[] = [];
  for (let first = 0; first < n; first += blockRows) {
    const wait = pause();
    if (wait) await wait;
    const rows = Math.min(blockRows, n - first);
    const numbers = data.subarray(first * d, (first + rows) * d);
    kernels.floats(staged, rows * d).set(numbers);
    const ends = kernels.allocate(rows * 4);
    const entries = kernels.packRows(staged, rows, d, found, ends, live);
    const steps = kernels.allocate(entries);
    kernels.bytes(steps, entries).set(kernels.bytes(found, entries));
    blocks.push({ numbers, rows, steps, ends });
  }

  let { rows, steps, ends } = blocks[0];
  const products = panelProducts(kernels, d, blockRows, {
    load(first) {
      const block = blocks[first / blockRows];
      ({ rows, steps, ends } = block);
      kernels.floats(staged, rows * d).set(block.numbers);
    },
    scores: (panel, out) => kernels.packedScores(staged, d, steps, ends, rows, panel, out),
    scores64: (panel, out) => kernels.packedScores64(staged, d, steps, ends, rows, panel, out),
    accumulate: (r, sums) => kernels.packedAccumulate(staged, d, steps, ends, rows, r, sums),
    accumulate64: (r, sums) => kernels.packedAccumulate64(staged, d, steps, ends, rows, r, sums),
  });
  const columns = [...kernels.bytes(live, d)].flatMap((used, j) => (used ? [j] : []));
  return { products, gram: makeGram(x, kernels, columns) };
}
