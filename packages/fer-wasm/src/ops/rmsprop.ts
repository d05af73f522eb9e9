import * as tf from '@tensorflow/tfjs-core';
import { checkNumbers, checkOptions } from '../arguments.js';
import { float32Bits } from '../pool.js';
import { updateInPlace } from './inPlace.js';

/** Options of one step of {@link rmspropStep}. */
export interface RmspropStep {
  readonly learningRate: number;
  /** Decay of the moving average of squared gradients. */
  readonly decay: number;
  /** Added to that average inside the square root. */
  readonly epsilon: number;
}

/**
 * Takes one step of RMSprop (Tieleman & Hinton, 2012), as tf.train.rmsprop without momentum does: s ← decay·s + (1 −
 * decay)·g², w ← w − rate·g / √(s + epsilon). Keras 2 and PyTorch divide by √s + epsilon instead, which differs if s is
 * not much larger than epsilon. Updates both variables; on the WASM backend this is one pass, in place.
 *
 * @throws WasmError `INVALID_ARGUMENT` if the shapes differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const weight = tf.variable(tf.zeros([3]));
 * const gradient = tf.tensor1d([1, 2, 3]);
 * const squares = tf.variable(tf.zeros([3]));
 * rmspropStep(weight, gradient, squares, { learningRate: 0.01, decay: 0.9, epsilon: 1e-7 }); // each about -0.0316
 * ```
 */
export function rmspropStep(
  weight: tf.Variable,
  gradient: tf.Tensor,
  squares: tf.Variable,
  options: RmspropStep,
): void {
  checkOptions('rmspropStep', options, ['learningRate', 'decay', 'epsilon']);
  const { learningRate, decay, epsilon } = options;
  checkNumbers('rmspropStep', { learningRate, decay, epsilon });
  const words = [learningRate, decay, epsilon].map(float32Bits);
  if (updateInPlace('rmsprop', [weight, squares], gradient, words)) return;
  tf.tidy(() => {
    squares.assign(tf.add(tf.mul(squares, decay), tf.mul(tf.square(gradient), 1 - decay)));
    weight.assign(tf.sub(weight, tf.div(tf.mul(gradient, learningRate), tf.sqrt(tf.add(squares, epsilon)))));
  });
}
