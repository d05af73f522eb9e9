import {
  bindRunOptions,
  bytesToFloat32,
  checkFeatures,
  type FeatureMatrix,
  FerError,
  float32ToBytes,
  type JsonObject,
  partFile,
  type RunOptions,
  type SavedPart,
} from 'fer-core';
import { pacer } from '../rows/pacer.js';
import { bytesToFloat64, float64ToBytes } from './float64.js';
import { rbfKernel } from './rbfKernel.js';

/** A fitted one-vs-one RBF SVM, in the layout of libsvm and scikit-learn. */
export interface RbfModel {
  readonly classes: readonly string[];
  readonly gamma: number;
  /** The support vectors (s × d), grouped by class. */
  readonly vectors: FeatureMatrix;
  /** How many support vectors each class has. */
  readonly counts: readonly number[];
  /**
   * (k − 1) × s, row-major: αy of each support vector in the problems of its own class against each other class. The
   * rows are the other classes, in order.
   */
  readonly coefficients: Float64Array;
  /** k(k − 1) / 2 biases, of the problems 0|1, 0|2, …, 1|2, …; a positive score is for the first class of the pair. */
  readonly biases: Float64Array;
}

/** Returns the index of problem (a, b), a < b, among all pairs of k classes. */
export function pairIndex(a: number, b: number, k: number): number {
  return a * k - (a * (a + 1)) / 2 + b - a - 1;
}

/** Returns n × k(k − 1) / 2 scores: one per row and pair of classes, positive for the first class of the pair. */
export async function pairScores(model: RbfModel, x: FeatureMatrix, run: RunOptions = {}): Promise<Float64Array> {
  const { onProgress, signal } = bindRunOptions(run);
  const { vectors, counts, coefficients, biases, gamma } = model;
  const [k, s, d] = [counts.length, vectors.rows, vectors.columns];
  checkFeatures(x, d);
  const kernel = rbfKernel(vectors, gamma);
  const all = Int32Array.from({ length: s }, (_, t) => t);
  const values = new Float64Array(s);
  const out = new Float64Array(x.rows * biases.length);
  const pause = pacer(signal);
  for (let i = 0; i < x.rows; i++) {
    const waited = pause();
    if (waited) {
      await waited;
      onProgress?.({ kind: 'transform', done: i, total: x.rows });
    }
    kernel.against(Float64Array.from(x.data.subarray(i * d, (i + 1) * d)), all, [0, s], values);
    const scores = out.subarray(i * biases.length, (i + 1) * biases.length);
    scores.set(biases);
    for (let t = 0, c = 0, last = counts[0]; t < s; t++) {
      while (t === last) last += counts[++c];
      for (let row = 0; row < k - 1; row++) {
        const other = row < c ? row : row + 1;
        scores[pairIndex(Math.min(c, other), Math.max(c, other), k)] += coefficients[row * s + t] * values[t];
      }
    }
  }
  onProgress?.({ kind: 'transform', done: x.rows, total: x.rows });
  return out;
}

/**
 * Counts the votes of the pairs, with a term that breaks ties.
 *
 * @returns n × k: the votes plus the sum of a class's pair scores, scaled to between −1/3 and 1/3, as scikit-learn's
 *   `decision_function_shape='ovr'`.
 */
export function countVotes(scores: Float64Array, rows: number, k: number): FeatureMatrix {
  const pairs = (k * (k - 1)) / 2;
  const data = new Float32Array(rows * k);
  for (let i = 0; i < rows; i++) {
    const votes = new Float64Array(k);
    const confidence = new Float64Array(k);
    for (let a = 0, p = i * pairs; a < k; a++) {
      for (let b = a + 1; b < k; b++, p++) {
        votes[scores[p] > 0 ? a : b]++;
        confidence[a] += scores[p];
        confidence[b] -= scores[p];
      }
    }
    for (let c = 0; c < k; c++) data[i * k + c] = votes[c] + confidence[c] / (3 * (Math.abs(confidence[c]) + 1));
  }
  return { data, rows, columns: k };
}

const VECTORS = 'vectors.f32';
const NUMBERS = 'coefficients.f64';

/** Vectors as little-endian float32; coefficients, then biases, as float64. */
export function saveRbf(kind: string, model: RbfModel, options: JsonObject): SavedPart {
  const { classes, gamma, counts, vectors, coefficients, biases } = model;
  const numbers = new Float64Array(coefficients.length + biases.length);
  numbers.set(coefficients);
  numbers.set(biases, coefficients.length);
  return {
    kind,
    config: { classes: [...classes], gamma, columns: vectors.columns, counts: [...counts], options },
    files: new Map([
      [VECTORS, float32ToBytes(vectors.data)],
      [NUMBERS, float64ToBytes(numbers)],
    ]),
  };
}

/** The inverse of {@link saveRbf}. @throws FerError `CORRUPT`. */
export function loadRbf(part: SavedPart): RbfModel {
  const { classes, gamma, columns, counts } = part.config;
  const named = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
  const counted = Array.isArray(counts) && counts.every((count) => Number.isInteger(count));
  if (!named || !counted || new Set(classes).size !== counts.length || counts.length < 2) {
    throw new FerError('CORRUPT', `the saved ${part.kind} does not name its classes: save it again.`);
  }
  if (typeof columns !== 'number' || !(columns > 0) || typeof gamma !== 'number' || !(gamma > 0)) {
    throw new FerError('CORRUPT', `the saved ${part.kind} lacks its shape: save it again.`);
  }
  const k = counts.length;
  const s = (counts as number[]).reduce((a, b) => a + b, 0);
  const vectors = { data: bytesToFloat32(partFile(part, VECTORS), s * columns), rows: s, columns };
  const numbers = bytesToFloat64(partFile(part, NUMBERS), (k - 1) * s + (k * (k - 1)) / 2, NUMBERS);
  if (!vectors.data.every(Number.isFinite)) {
    throw new FerError('CORRUPT', 'a number is not finite: save it again.', { file: VECTORS });
  }
  const coefficients = numbers.slice(0, (k - 1) * s);
  return { classes, gamma, vectors, counts: counts as number[], coefficients, biases: numbers.slice((k - 1) * s) };
}
