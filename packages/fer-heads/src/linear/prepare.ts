import { checkFeatures, type FeatureMatrix } from 'fer-core';
import { denseProducts } from '../products/denseProducts.js';
import { makeGram } from '../products/gram.js';
import { density, packedProducts } from '../products/packedProducts.js';
import type { Products } from '../products/products.js';
import { makeKernels } from '../products/wasm.js';
import { memoryRows, type Rows } from '../rows/rows.js';
import type { Sample } from './design.js';

/** Features, checked and made ready for any number of fits, one after another. */
export interface Prepared {
  readonly source: Rows;
  /** Products in float32, where there are enough features for them. */
  readonly fast?: Products;
  readonly sample: Sample;
}

/** Features, in numbers, from which the kernels are worth starting. */
const MANY = 1 << 18;
/** The fraction of non-zero features up to which packing them pays. */
const SPARSE = 0.25;

/** @throws FerError `INVALID_DATA` where the features break their contract. */
export async function prepareMatrix(x: FeatureMatrix, pause: () => Promise<void> | undefined): Promise<Prepared> {
  checkFeatures(x);
  const source = memoryRows(x);
  const kernels = x.data.length < MANY ? undefined : await makeKernels();
  if (!kernels) return { source, sample: { x } };
  if (density(x) > SPARSE) return { source, sample: { x }, fast: denseProducts(source, kernels) };
  const { products, gram } = await packedProducts(x, kernels, pause);
  return { source, sample: { x, gram }, fast: products };
}

/**
 * Features that are read from elsewhere in each pass.
 *
 * @param sample - Some of their rows, to make preconditioners of.
 */
export async function prepareSource(source: Rows, { x, rows }: Sample): Promise<Prepared> {
  const kernels = await makeKernels();
  if (!kernels) return { source, sample: { x, rows } };
  const gram = density(x) > SPARSE ? undefined : makeGram(x, kernels, filledColumns(x));
  return { source, sample: { x, rows, gram }, fast: denseProducts(source, kernels) };
}

function filledColumns({ data, columns: d }: FeatureMatrix): number[] {
  const filled = new Uint8Array(d);
  for (let at = 0; at < data.length; at += d) for (let j = 0; j < d; j++) if (data[at + j] !== 0) filled[j] = 1;
  return [...filled.keys()].filter((j) => filled[j] === 1);
}
