import '@tensorflow/tfjs-backend-cpu';
// Registers the gradients of tfjs' ops.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { Random } from 'fer-core';

/** Numbers that look like activations: about a third zeros, the rest normal. */
export function values(size: number, seed: string, sparse = false): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: size }, () => (sparse && random.uniform() < 0.3 ? 0 : random.normal()));
}

/** What an op gives on tfjs' cpu backend, as plain numbers. */
export async function onCpu(op: () => tf.Tensor | tf.Tensor[]): Promise<Float32Array[]> {
  const before = tf.getBackend();
  await tf.setBackend('cpu');
  try {
    return read(op);
  } finally {
    await tf.setBackend(before);
  }
}

/** What an op gives on the current backend, as plain numbers. */
export function read(op: () => tf.Tensor | tf.Tensor[]): Float32Array[] {
  return tf.tidy(() => [op()].flat().map((tensor) => Float32Array.from(tensor.dataSync())));
}

/** The largest difference, relative to the largest number expected (and to 1e-3 at least). */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let scale = 1e-3;
  for (const value of expected) scale = Math.max(scale, Math.abs(value));
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i]) !== Number.isNaN(actual[i])) return Number.POSITIVE_INFINITY;
    if (!Number.isNaN(expected[i])) worst = Math.max(worst, Math.abs(actual[i] - expected[i]) / scale);
  }
  return worst;
}
