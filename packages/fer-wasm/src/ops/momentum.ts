import * as tf from '@tensorflow/tfjs-core';
import { checkBooleans, checkNumbers, checkOptions } from '../arguments.js';
import { float32Bits } from '../pool.js';
import { updateInPlace } from './inPlace.js';

/** Options of one step of {@link momentumStep}. */
export interface MomentumStep {
  readonly learningRate: number;
  /** The fraction of the velocity that is kept at each step. */
  readonly momentum: number;
  /** Use Nesterov's look-ahead (Nesterov, 1983). @default false */
  readonly nesterov?: boolean | undefined;
  /** Factor of the weight that is added to the gradient (L2 penalty). @default 0 */
  readonly weightDecay?: number | undefined;
}

/**
 * Takes one step of SGD with momentum, as tf.train.momentum and PyTorch do: g ← g + decay·w, v ← momentum·v + g, w ← w
 * − rate·v, or with Nesterov w ← w − rate·(g + momentum·v). Updates both variables; on the WASM backend this is one
 * pass, in place.
 *
 * @throws WasmError `INVALID_ARGUMENT` if the shapes differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const weight = tf.variable(tf.zeros([3]));
 * const gradient = tf.tensor1d([1, 2, 3]);
 * const velocity = tf.variable(tf.zeros([3]));
 * momentumStep(weight, gradient, velocity, { learningRate: 0.1, momentum: 0.9 }); // weight is now [-0.1, -0.2, -0.3]
 * ```
 */
export function momentumStep(
  weight: tf.Variable,
  gradient: tf.Tensor,
  velocity: tf.Variable,
  options: MomentumStep,
): void {
  checkOptions('momentumStep', options, ['learningRate', 'momentum', 'nesterov', 'weightDecay']);
  const { learningRate, momentum, nesterov = false, weightDecay = 0 } = options;
  checkNumbers('momentumStep', { learningRate, momentum, weightDecay });
  checkBooleans('momentumStep', { nesterov });
  const words = [Number(nesterov), ...[learningRate, momentum, weightDecay].map(float32Bits)];
  if (updateInPlace('momentum', [weight, velocity], gradient, words)) return;
  tf.tidy(() => {
    const g = tf.add(gradient, tf.mul(weight, weightDecay));
    velocity.assign(tf.add(tf.mul(velocity, momentum), g));
    const move = nesterov ? tf.add(g, tf.mul(velocity, momentum)) : velocity;
    weight.assign(tf.sub(weight, tf.mul(move, learningRate)));
  });
}
