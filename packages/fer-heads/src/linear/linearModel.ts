import {
  checkClassNames,
  checkFeatures,
  checkMatrix,
  describeValue,
  type FeatureMatrix,
  FerError,
  type JsonObject,
  type LinearLayer,
  partFile,
  type SavedPart,
} from 'fer-core';
import { plainProducts } from '../products/products.js';
import { pacer } from '../rows/pacer.js';
import { memoryRows } from '../rows/rows.js';

/** A fitted linear model: scores = x · weights + bias. In float64, so that nothing is lost to rounding. */
export interface LinearModel {
  readonly classes: readonly string[];
  /** Columns of the features. */
  readonly d: number;
  /** d × k, row-major. */
  readonly weights: Float64Array;
  /** k. */
  readonly bias: Float64Array;
}

const WEIGHTS = 'weights.f64';

/**
 * Computes n × k scores.
 *
 * @throws FerError `INVALID_DATA` if the features break their contract or a score exceeds the range of float32.
 */
export async function linearScores(model: LinearModel, x: FeatureMatrix, signal?: AbortSignal): Promise<FeatureMatrix> {
  const { d, bias } = model;
  const k = bias.length;
  checkFeatures(x, d);
  const products = plainProducts(memoryRows(x));
  const pause = pacer(signal);
  const columns = new Float64Array(k * d);
  for (let c = 0; c < k; c++) for (let j = 0; j < d; j++) columns[c * d + j] = model.weights[j * k + c];
  const data = new Float32Array(x.rows * k);
  const block = new Float64Array(k * products.blockRows);
  products.begin(columns, k, true);
  for (let first = 0; first < x.rows; first += products.blockRows) {
    await pause();
    const rows = Math.min(products.blockRows, x.rows - first);
    products.scores(first, rows, block);
    for (let i = 0; i < rows; i++) {
      for (let c = 0; c < k; c++) data[(first + i) * k + c] = block[c * rows + i] + bias[c];
    }
  }
  const bad = data.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) {
    throw new FerError('INVALID_DATA', 'features so large that a score overflows: scale them as in training.', {
      row: Math.floor(bad / k) + 1,
    });
  }
  return { data, rows: x.rows, columns: k };
}

/**
 * Converts a layer to a model.
 *
 * @throws FerError `INVALID_DATA` if its shapes or numbers break the contract.
 */
export function modelFromLayer(layer: LinearLayer): LinearModel {
  if (typeof layer !== 'object' || layer === null || !('weights' in layer)) {
    throw new FerError(
      'INVALID_DATA',
      `the layer is ${describeValue(layer)}: give { weights, bias, classes }, as toLayer returns it.`,
    );
  }
  const { weights, bias, classes } = layer;
  checkClassNames(classes);
  const k = classes.length;
  checkMatrix("layer's weights", weights);
  checkMatrix("layer's biases", { data: bias, rows: 1, columns: k });
  if (weights.columns !== k) {
    throw new FerError(
      'INVALID_DATA',
      `the layer's weights have ${weights.columns} columns for ${k} classes: give one column per class.`,
    );
  }
  if (!weights.data.every(Number.isFinite) || !bias.every(Number.isFinite)) {
    throw new FerError(
      'INVALID_DATA',
      "one of the layer's weights or biases is not a finite number: train it again, at a lower learning rate.",
    );
  }
  if (k < 2 || new Set(classes).size !== k || weights.rows < 1) {
    throw new FerError(
      'INVALID_DATA',
      `a layer of ${weights.rows} features and classes [${classes.join(', ')}]: give one feature or more, and two or more different classes.`,
    );
  }
  return {
    classes: [...classes],
    d: weights.rows,
    weights: Float64Array.from(weights.data),
    bias: Float64Array.from(bias),
  };
}

/** A model as a layer: rounded to float32. */
export function modelToLayer({ classes, d, weights, bias }: LinearModel): LinearLayer {
  return {
    weights: { data: Float32Array.from(weights), rows: d, columns: bias.length },
    bias: Float32Array.from(bias),
    classes,
  };
}

/** Saves a model as a part: weights, then bias, as little-endian float64. */
export function saveModel(kind: string, model: LinearModel, options: JsonObject): SavedPart {
  const { classes, d, weights, bias } = model;
  const view = new DataView(new ArrayBuffer((weights.length + bias.length) * 8));
  for (let i = 0; i < weights.length; i++) view.setFloat64(i * 8, weights[i], true);
  for (let c = 0; c < bias.length; c++) view.setFloat64((weights.length + c) * 8, bias[c], true);
  return {
    kind,
    config: { classes: [...classes], columns: d, options },
    files: new Map([[WEIGHTS, new Uint8Array(view.buffer)]]),
  };
}

/** The inverse of {@link saveModel}. @throws FerError `CORRUPT`. */
export function loadModel(part: SavedPart): LinearModel {
  const { classes, columns: d } = part.config;
  const named = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
  if (!named || new Set(classes).size !== classes.length || classes.length < 2) {
    throw new FerError('CORRUPT', `the saved ${part.kind} does not name its classes: save it again.`);
  }
  if (typeof d !== 'number' || !Number.isInteger(d) || d < 1) {
    throw new FerError('CORRUPT', `the saved ${part.kind} has ${String(d)} columns: save it again.`);
  }
  const k = classes.length;
  const bytes = partFile(part, WEIGHTS);
  const count = (d + 1) * k;
  if (bytes.length !== count * 8) {
    throw new FerError('CORRUPT', `${bytes.length} bytes, expected ${count * 8}: save it again.`, { file: WEIGHTS });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = Float64Array.from({ length: count }, (_, i) => view.getFloat64(i * 8, true));
  if (!numbers.every(Number.isFinite)) {
    throw new FerError('CORRUPT', 'a weight is not a finite number: save it again.', { file: WEIGHTS });
  }
  return { classes, d, weights: numbers.slice(0, d * k), bias: numbers.slice(d * k) };
}
