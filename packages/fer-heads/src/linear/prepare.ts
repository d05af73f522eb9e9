import { checkFeatures, checkMatrix, type FeatureMatrix } from 'fer-core';
import { denseProducts } from '../products/denseProducts.js';
import { makeGram } from '../products/gram.js';
import { density, packedProducts } from '../products/packedProducts.js';
import type { Products } from '../products/products.js';
import { startWasm } from '../products/wasm.js';
import { memoryRows, type Rows } from '../rows/rows.js';
import { centreOf, type Frame, radiusAround, sizesOf } from './frame.js';
import type { Sample } from './preconditioners.js';

/** Features that were checked and prepared for any number of consecutive fits. */
export interface Prepared {
  readonly source: Rows;
  /** How the solver transforms the columns if the head doesn't standardise. */
  readonly frame: Frame;
  /** Products by WASM functions, if there are enough features for them. */
  readonly fast?: Products;
  readonly sample: Sample;
}

/** How many feature values it takes for starting WebAssembly to pay. */
const MANY = 1 << 18;
/** The fraction of nonzero features up to which packing them pays. */
const SPARSE = 0.25;

/** @throws FerError `INVALID_DATA` if the features break their contract. */
export async function prepareMatrix(x: FeatureMatrix, pause: () => Promise<void> | undefined): Promise<Prepared> {
  checkMatrix('features', x);
  const source = memoryRows(x);
  const wasm = x.data.length < MANY ? undefined : await startWasm();
  const packs = wasm !== undefined && density(x) <= SPARSE;
  if (packs) {
    const { products, gram, radius } = await packedProducts(x, wasm, pause);
    // Packing has read all values; the check finds the one that isn't finite.
    if (!Number.isFinite(radius)) checkFeatures(x);
    return { source, frame: frameOf(new Float64Array(x.columns), radius, x), sample: { x, gram }, fast: products };
  }
  checkFeatures(x);
  const mean = centreOf(x);
  const frame = frameOf(mean, await radiusAround(mean, x, pause), x);
  return { source, frame, sample: { x }, fast: wasm && denseProducts(source, wasm, mean) };
}

/**
 * Prepares features that each pass reads from elsewhere.
 *
 * @param sample - Some of their rows, to make preconditioners from.
 * @param radius - The largest distance of a row from `origin`.
 */
export async function prepareSource(
  source: Rows,
  { x, rows }: Sample,
  { origin, radius }: { readonly origin: Float32Array; readonly radius: number },
): Promise<Prepared> {
  const sparse = density(x) <= SPARSE;
  const mean = sparse ? new Float64Array(x.columns) : centreOf(x);
  const apart = Math.sqrt(mean.reduce((sum, value, j) => sum + (value - origin[j]) ** 2, 0));
  const frame = frameOf(mean, radius + apart, x);
  const wasm = await startWasm();
  if (!wasm) return { source, frame, sample: { x, rows } };
  const gram = sparse ? makeGram(x, wasm, filledValues(x), source.rows) : undefined;
  return { source, frame, sample: { x, rows, gram }, fast: denseProducts(source, wasm, mean) };
}

function frameOf(mean: Float64Array, radius: number, x: FeatureMatrix): Frame {
  return { mean, scale: new Float64Array(mean.length).fill(1), standardised: false, radius, size: sizesOf(x) };
}

/** How many values of each column are not zero. */
function filledValues({ data, columns: d }: FeatureMatrix): Uint32Array {
  const counts = new Uint32Array(d);
  for (let at = 0; at < data.length; at += d) for (let j = 0; j < d; j++) if (data[at + j] !== 0) counts[j]++;
  return counts;
}
