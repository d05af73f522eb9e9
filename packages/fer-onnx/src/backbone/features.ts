import { FerError } from 'fer-core';
import type { OnnxTensor } from './runtime.js';

/**
 * How to turn an output of more than two axes into one row of features.
 *
 * - `'flatten'`: all its values, e.g. for [batch, features, 1, 1] or [batch, features].
 * - `'mean'`: their mean over all positions: over the tokens of [batch, tokens, features], or over the pixels of maps
 *   [batch, features, height, width].
 * - `'first'`: the values of the first token of [batch, tokens, features], which is the class token of a vision
 *   transformer.
 */
export type Pooling = 'flatten' | 'mean' | 'first';

/** Rows of features. */
export interface Rows {
  readonly data: Float32Array;
  readonly columns: number;
}

/**
 * Converts an output of a model to one row of features per image.
 *
 * @param n - Number of images that the model was given.
 * @throws FerError `UNSUPPORTED` if it isn't float32, or has the wrong number of rows or axes.
 */
export function featuresOf({ type, dims, data }: OnnxTensor, n: number, pooling: Pooling, output: string): Rows {
  if (type !== 'float32' || !(data instanceof Float32Array)) {
    throw new FerError('UNSUPPORTED', `the output "${output}" is of ${type}: choose one of float32.`);
  }
  if (dims.length < 2 || dims[0] !== n) {
    throw new FerError(
      'UNSUPPORTED',
      `the output "${output}" is [${dims}] for ${n} images: choose one whose first axis is the batch.`,
    );
  }
  const columns = data.length / n;
  if (pooling === 'flatten' || dims.length === 2) return { data, columns };
  if (pooling === 'first' && dims.length === 3) {
    const [, tokens, size] = dims;
    const rows = new Float32Array(n * size);
    for (let i = 0; i < n; i++) rows.set(data.subarray(i * tokens * size, (i * tokens + 1) * size), i * size);
    return { data: rows, columns: size };
  }
  if (pooling === 'mean' && dims.length === 3) return means(data, n, dims[2], dims[1], dims[2], 1);
  if (pooling === 'mean' && dims.length === 4) return means(data, n, dims[1], dims[2] * dims[3], 1, dims[2] * dims[3]);
  throw new FerError(
    'UNSUPPORTED',
    `the output "${output}" has ${dims.length} axes, [${dims}], which the pooling '${pooling}' doesn't take.`,
  );
}

/** Means over the positions. `strides` are those of a position and of a feature. */
function means(data: Float32Array, n: number, size: number, places: number, place: number, feature: number): Rows {
  const rows = new Float32Array(n * size);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < size; c++) {
      let sum = 0;
      for (let p = 0; p < places; p++) sum += data[i * size * places + p * place + c * feature];
      rows[i * size + c] = sum / places;
    }
  }
  return { data: rows, columns: size };
}
