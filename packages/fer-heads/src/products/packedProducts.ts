import type { FeatureMatrix } from 'fer-core';
import { type Gram, makeGram } from './gram.js';
import { type PackedBlock, packedHinge } from './packedHinge.js';
import { panelProducts } from './panels.js';
import { type Products, rowsOfBlock } from './products.js';
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
 * Products of features that are mostly zero, such as the output of a ReLU. What isn't zero is packed into 16 bits: a
 * number of eight significant bits, in units of its column, and the step to the column.
 *
 * Passes in float64 read the rows themselves. Their numbers are copied to WebAssembly's memory block by block and used
 * twice while they are in cache.
 *
 * @returns Beside the products, the largest norm of a row, which is not finite if one of its numbers isn't.
 */
export async function packedProducts(
  x: FeatureMatrix,
  wasm: WasmFunctions,
  pause: () => Promise<void> | undefined,
): Promise<{ products: Products; gram: Gram; radius: number }> {
  const { data, rows: n, columns: d } = x;
  const blockRows = rowsOfBlock(d);
  const staged = wasm.allocate(blockRows * d * 4);
  const packed = wasm.allocate(2 * blockRows * (d + 3));
  const counts = wasm.allocate(4 * d);
  const peaks = wasm.allocate(4 * d);
  const inverses = wasm.allocate(8 * d);
  const most = wasm.allocate(8);
  const eachBlock = async (take: (rows: number) => void) => {
    for (let first = 0; first < n; first += blockRows) {
      const wait = pause();
      if (wait) await wait;
      const rows = Math.min(blockRows, n - first);
      wasm.floats(staged, rows * d).set(data.subarray(first * d, (first + rows) * d));
      take(rows);
    }
  };

  let signed = 0;
  await eachBlock((rows) => {
    signed |= wasm.scanRows(staged, rows, d, counts, peaks, most);
  });
  const units = Float64Array.from(wasm.floats(peaks, d), unitOf);
  wasm.doubles(inverses, d).set(units.map((unit) => 1 / unit));
  wasm.useSigns(signed);
  const blocks: PackedBlock[] = [];
  await eachBlock((rows) => {
    const ends = wasm.allocate(4 * rows);
    const bytes = 2 * wasm.packRows(staged, rows, d, inverses, packed, ends);
    const entries = wasm.allocate(bytes);
    wasm.bytes(entries, bytes).set(wasm.bytes(packed, bytes));
    blocks.push({ rows, entries, ends });
  });

  let { rows, entries, ends } = blocks[0];
  const products = panelProducts(
    wasm,
    d,
    blockRows,
    {
      load(first, _rows, exact) {
        ({ rows, entries, ends } = blocks[first / blockRows]);
        if (exact) wasm.floats(staged, rows * d).set(data.subarray(first * d, (first + rows) * d));
      },
      scores: (panel, out) => wasm.packedScores(entries, ends, rows, panel, out),
      scores64: (panel, out) => wasm.packedScores64(staged, d, entries, ends, rows, panel, out),
      accumulate: (r, sums) => wasm.packedAccumulate(entries, ends, rows, r, sums),
      accumulate64: (r, sums) => wasm.packedAccumulate64(staged, d, entries, ends, rows, r, sums),
    },
    units,
  );
  return {
    products: { ...products, hinge: packedHinge(wasm, x, { blocks, units, staged }) },
    gram: makeGram(x, wasm, wasm.words(counts, d).slice()),
    radius: Math.sqrt(wasm.doubles(most, 1)[0]),
  };
}

/** The power of two that a column's largest absolute value is at least once and less than twice. */
function unitOf(peak: number): number {
  return peak > 0 && Number.isFinite(peak) ? 2 ** Math.floor(Math.log2(peak)) : 1;
}
