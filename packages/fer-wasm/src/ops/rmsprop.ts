import * as tf from '@tensorflow/tfjs-core';
import { float32Bits } from '../pool.js';
import { currentWorkspace } from '../useWasm.js';
import { runOwn } from './own.js';

/** Options of one step of {@link rmspropStep}. */
export interface RmspropStep {
  readonly learningRate: number;
  /** Of the moving average of squared gradients. */
  readonly decay: number;
  /** Added to that average under the root. */
  readonly epsilon: number;
}

/**
 * One step of RMSprop (Tieleman & Hinton, 2012), as tf.train.rmsprop without momentum takes it:
 * s ← decay·s + (1 − decay)·g², w ← w − rate·g / √(s + epsilon). Updates both variables; on the WASM backend in place
 * and in one pass.
 */
export function rmspropStep(
  weight: tf.Variable,
  gradient: tf.Tensor,
  squares: tf.Variable,
  { learningRate, decay, epsilon }: RmspropStep,
): void {
  if (!currentWorkspace()) {
    tf.tidy(() => {
      squares.assign(tf.add(tf.mul(squares, decay), tf.mul(tf.square(gradient), 1 - decay)));
      const move = tf.div(tf.mul(gradient, learningRate), tf.sqrt(tf.add(squares, epsilon)));
      weight.assign(tf.sub(weight, move));
    });
    return;
  }
  // What is updated in place must be nobody else's: a clone shares its variable's data.
  for (const variable of [weight, squares]) {
    if (tf.backend().refCount(variable.dataId) > 1) tf.tidy(() => variable.assign(tf.add(variable, 0)));
  }
  runOwn<tf.Tensor[]>({ weight, gradient, squares }, (w) => {
    const addresses = [weight, gradient, squares].map((tensor) => w.address(tensor));
    w.run('rmsprop', [...addresses, weight.size, ...[learningRate, decay, epsilon].map(float32Bits)]);
    return [];
  });
}
