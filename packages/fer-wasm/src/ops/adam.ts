import * as tf from '@tensorflow/tfjs-core';
import { checkNumbers, checkOptions } from '../arguments.js';
import { float32Bits } from '../pool.js';
import { updateInPlace } from './inPlace.js';

/** The moving averages that Adam keeps of a variable. */
export interface AdamMoments {
  /** Moving average of the gradient. */
  readonly first: tf.Variable;
  /** Moving average of the squared gradient. */
  readonly second: tf.Variable;
}

/** Options of one step of {@link adamStep}. */
export interface AdamStep {
  readonly learningRate: number;
  /** The step's number, from 1. */
  readonly step: number;
  /** @default 0.9 */
  readonly beta1?: number | undefined;
  /** @default 0.999 */
  readonly beta2?: number | undefined;
  /** @default 1e-7 */
  readonly epsilon?: number | undefined;
  /** Decoupled weight decay, as in AdamW (Loshchilov & Hutter, 2019). @default 0 */
  readonly weightDecay?: number | undefined;
}

/**
 * Takes one step of Adam (Kingma & Ba, 2015), or of AdamW with a weight decay. Updates the three variables; on the WASM
 * backend this is one pass, in place.
 *
 * @throws WasmError `INVALID_ARGUMENT` if the shapes differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const weight = tf.variable(tf.zeros([3]));
 * const gradient = tf.tensor1d([1, 2, 3]);
 * const moments = { first: tf.variable(tf.zeros([3])), second: tf.variable(tf.zeros([3])) };
 * adamStep(weight, gradient, moments, { learningRate: 0.01, step: 1 }); // each weight is now about -0.01
 * ```
 */
export function adamStep(weight: tf.Variable, gradient: tf.Tensor, moments: AdamMoments, options: AdamStep): void {
  checkOptions('adamStep', options, ['learningRate', 'step', 'beta1', 'beta2', 'epsilon', 'weightDecay']);
  const { learningRate, step, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = 0 } = options;
  checkNumbers('adamStep', { learningRate, step, beta1, beta2, epsilon, weightDecay });
  const { first, second } = moments ?? {};
  const [c1, c2] = [1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
  const betas = [beta1, 1 - beta1, beta2, 1 - beta2];
  const words = [learningRate, ...betas, epsilon, weightDecay, c1, c2].map(float32Bits);
  if (updateInPlace('adam', [weight, first, second], gradient, words)) return;
  tf.tidy(() => {
    first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)));
    second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
    const move = tf.div(tf.mul(first, c1), tf.add(tf.sqrt(tf.mul(second, c2)), epsilon));
    weight.assign(tf.sub(weight, tf.mul(tf.add(move, tf.mul(weight, weightDecay)), learningRate)));
  });
}
