import type { FeatureMatrix } from 'fer-core';
import type { Kernels } from './kernels.js';
import { panelProducts } from './panels.js';
import type { Products } from './products.js';

/** Rows of a block: their entries stay in cache from the scores to the sums. */
const BLOCK_ROWS = 256;
/** Rows looked at to see how dense the features are. */
const SAMPLE = 256;

/** The place of a column that is left out: −1. */
const NOWHERE = 0xffffffff;

/** A block of packed rows: addresses of assembly/packed.ts. */
interface Packed {
  readonly values: number;
  readonly steps: number;
  readonly ends: number;
  readonly rows: number;
}

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
 * Products of features that are mostly zero, as those behind a ReLU are: what is not zero is kept beside them in 5
 * bytes each, and nothing else is read again.
 */
export async function packedProducts(
  { data: x, rows: n, columns: d }: FeatureMatrix,
  kernels: Kernels,
  pause: () => Promise<void> | undefined,
): Promise<Products> {
  const staged = kernels.allocate(BLOCK_ROWS * d * 4);
  const live = kernels.allocate(d);
  const blocks: Packed[] = [];
  for (let first = 0; first < n; first += BLOCK_ROWS) {
    await pause();
    const rows = Math.min(BLOCK_ROWS, n - first);
    kernels.floats(staged, rows * d).set(x.subarray(first * d, (first + rows) * d));
    const entries = kernels.countEntries(staged, rows, d);
    const block = {
      values: kernels.allocate(entries * 4),
      steps: kernels.allocate(entries),
      ends: kernels.allocate(rows * 4),
      rows,
    };
    kernels.packRows(staged, rows, d, block.values, block.steps, block.ends, live);
    blocks.push(block);
  }

  let block: Packed = blocks[0];
  const products = panelProducts(kernels, d, BLOCK_ROWS, {
    load(first) {
      block = blocks[first / BLOCK_ROWS];
    },
    scores: (panel, out) => kernels.packedScores(block.values, block.steps, block.ends, block.rows, panel, out),
    scores64: (panel, out) => kernels.packedScores64(block.values, block.steps, block.ends, block.rows, panel, out),
    accumulate: (r, sums) => kernels.packedAccumulate(block.values, block.steps, block.ends, block.rows, r, sums),
  });

  const picked = kernels.allocate(BLOCK_ROWS * 4);
  const weights = kernels.allocate(BLOCK_ROWS * 4);
  const places = kernels.allocate((d + 1) * 4);
  const entries = kernels.allocate((d + 1) * 8);
  const columns = [...kernels.bytes(live, d)].flatMap((used, j) => (used ? [j] : []));
  return {
    ...products,
    gram: {
      kernels,
      columns,
      add(rows, rowWeights, constant, sum) {
        const placed = kernels.words(places, d + 1).fill(NOWHERE);
        columns.forEach((column, place) => {
          placed[column] = place;
        });
        if (constant) placed[d] = columns.length;
        for (let t = 0; t < rows.length; ) {
          const b = Math.floor(rows[t] / BLOCK_ROWS);
          let count = 0;
          const pickedRows = kernels.words(picked, BLOCK_ROWS);
          const pickedWeights = kernels.floats(weights, BLOCK_ROWS);
          for (; t < rows.length && Math.floor(rows[t] / BLOCK_ROWS) === b; t++, count++) {
            pickedRows[count] = rows[t] % BLOCK_ROWS;
            pickedWeights[count] = rowWeights[t];
          }
          const { values, steps, ends } = blocks[b];
          kernels.packedGram(values, steps, ends, picked, weights, count, places, d, entries, sum);
        }
      },
    },
  };
}
