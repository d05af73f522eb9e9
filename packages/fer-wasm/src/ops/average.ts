import * as tf from '@tensorflow/tfjs-core';
import { checkNumbers } from '../arguments.js';
import { float32Bits } from '../pool.js';
import { updateInPlace } from './inPlace.js';

/**
 * Updates an exponential moving average: average ← decay · average + (1 − decay) · value. On the WASM backend this is
 * one pass, in place.
 *
 * @param decay - The fraction of the average that is kept.
 * @throws WasmError `INVALID_ARGUMENT` if the shapes differ, or decay is not a finite number.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const average = tf.variable(tf.tensor1d([1, 2]));
 * averageStep(average, tf.tensor1d([3, 6]), 0.75); // average is now [1.5, 3]
 * ```
 */
export function averageStep(average: tf.Variable, value: tf.Tensor, decay: number): void {
  checkNumbers('averageStep', { decay });
  if (updateInPlace('average', [average], value, [decay, 1 - decay].map(float32Bits))) return;
  tf.tidy(() => average.assign(tf.add(tf.mul(average, decay), tf.mul(value, 1 - decay))));
}
