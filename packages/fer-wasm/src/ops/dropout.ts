import * as tf from '@tensorflow/tfjs-core';
import { checkNumbers, checkTensors } from '../arguments.js';
import { currentWorkspace } from '../current.js';
import { WasmError } from '../errors.js';
import { dropoutKeeps, dropoutThreshold, dropout as run } from '../kernels/fused.js';
import { runOwn } from './own.js';

/**
 * Inverted dropout (Srivastava et al., 2014): each element is kept with probability 1 − rate and then scaled by 1 / (1
 * − rate). The seed and an element's index alone decide whether it is kept, on every backend. No mask is stored.
 *
 * @param rate - 0 ≤ rate < 1.
 * @param seed - A 32-bit whole number. Pass a new one at each step.
 * @throws WasmError `INVALID_ARGUMENT` if the rate is out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const y = dropout(tf.ones<tf.Rank.R2>([64, 1024]), 0.5, 7); // about half of the elements 0, the others 2
 * ```
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, seed: number): T {
  checkTensors('dropout', { x });
  checkNumbers('dropout', { rate, seed });
  if (!(rate >= 0 && rate < 1))
    throw new WasmError('INVALID_ARGUMENT', `rate is ${rate}: it must be at least 0 and below 1.`);
  if (rate === 0) return x;
  if (!currentWorkspace()) {
    const threshold = dropoutThreshold(rate);
    const factor = Math.fround(1 / (1 - rate));
    const mask = Float32Array.from({ length: x.size }, (_, i) => (dropoutKeeps(i, seed | 0, threshold) ? factor : 0));
    return tf.mul(x, tf.tensor(mask, x.shape)) as T;
  }
  const op = tf.customGrad((input, save) => {
    const source = input as tf.Tensor;
    (save as tf.GradSaveFunc)([]);
    return {
      value: runOwn<tf.Tensor>({ x: source }, (w) => run(w, source, rate, seed)),
      gradFunc: (dy: tf.Tensor) => runOwn<tf.Tensor>({ dy }, (w) => run(w, dy, rate, seed)),
    };
  });
  return op(x) as T;
}
