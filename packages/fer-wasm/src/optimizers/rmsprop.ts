import type * as tf from '@tensorflow/tfjs-core';
import { checkAmounts, checkFactors, checkOptions } from '../arguments.js';
import { rmspropStep } from '../ops/rmsprop.js';
import { SlotOptimizer } from './slotOptimizer.js';

/** Options of {@link rmsprop}. */
export interface RmspropOptions {
  /** Decay of the moving average of squared gradients. @default 0.9 */
  readonly decay?: number | undefined;
  /** Added to that average inside the square root. @default 1e-7 */
  readonly epsilon?: number | undefined;
}

/** RMSprop (Tieleman & Hinton, 2012) without momentum. Made by {@link rmsprop}. */
export class RmspropOptimizer extends SlotOptimizer {
  static readonly className = 'RMSProp';
  readonly decay: number;
  readonly epsilon: number;

  constructor(learningRate: number, options: RmspropOptions = {}) {
    // tfjs also saves a momentum, which stays zero.
    super(learningRate, ['rms', 'momentum']);
    checkOptions('rmsprop', options, ['decay', 'epsilon']);
    const { decay = 0.9, epsilon = 1e-7 } = options;
    checkFactors('rmsprop', { decay });
    checkAmounts('rmsprop', { epsilon });
    this.decay = decay;
    this.epsilon = epsilon;
  }

  protected override step(variable: tf.Variable, gradient: tf.Tensor, [squares]: readonly tf.Variable[]): void {
    rmspropStep(variable, gradient, squares, this);
  }

  override getConfig() {
    const { learningRate, decay, epsilon } = this;
    return { learningRate, decay, momentum: 0, epsilon, centered: false };
  }
}

/**
 * RMSprop for `model.compile`, with the same result as `tf.train.rmsprop(learningRate, decay)`, in one pass over each
 * variable.
 *
 * @throws WasmError `INVALID_ARGUMENT` if the learning rate or an option is out of its range.
 *
 * @example
 * ```ts
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { rmsprop } from 'fer-wasm';
 *
 * const model = sequential({ layers: [layers.dense({ units: 7, inputShape: [64] })] });
 * model.compile({ optimizer: rmsprop(1e-4), loss: 'meanSquaredError' });
 * ```
 */
export function rmsprop(learningRate: number, options: RmspropOptions = {}): RmspropOptimizer {
  return new RmspropOptimizer(learningRate, options);
}
