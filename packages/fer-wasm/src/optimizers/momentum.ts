import type * as tf from '@tensorflow/tfjs-core';
import { checkBooleans, checkFactors, checkOptions } from '../arguments.js';
import { momentumStep } from '../ops/momentum.js';
import { SlotOptimizer } from './slotOptimizer.js';

/** Options of {@link momentum}. */
export interface MomentumOptions {
  /** The fraction of the velocity that is kept at each step. @default 0.9 */
  readonly momentum?: number | undefined;
  /** Use Nesterov's look-ahead (Nesterov, 1983). @default false */
  readonly nesterov?: boolean | undefined;
}

/** SGD with momentum. Made by {@link momentum}. */
export class MomentumOptimizer extends SlotOptimizer {
  static readonly className = 'Momentum';
  readonly momentum: number;
  readonly nesterov: boolean;

  constructor(learningRate: number, options: MomentumOptions = {}) {
    super(learningRate, ['momentum']);
    checkOptions('momentum', options, ['momentum', 'nesterov']);
    const { momentum = 0.9, nesterov = false } = options;
    checkFactors('momentum', { momentum });
    checkBooleans('momentum', { nesterov });
    this.momentum = momentum;
    this.nesterov = nesterov;
  }

  protected override step(variable: tf.Variable, gradient: tf.Tensor, [velocity]: readonly tf.Variable[]): void {
    momentumStep(variable, gradient, velocity, this);
  }

  override getConfig() {
    const { learningRate, momentum, nesterov } = this;
    return { learningRate, momentum, useNesterov: nesterov };
  }
}

/**
 * SGD with momentum for `model.compile`, with the same result as `tf.train.momentum`, in one pass over each variable.
 *
 * @throws WasmError `INVALID_ARGUMENT` if the learning rate or an option is out of its range.
 *
 * @example
 * ```ts
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { momentum } from 'fer-wasm';
 *
 * const model = sequential({ layers: [layers.dense({ units: 7, inputShape: [64] })] });
 * model.compile({ optimizer: momentum(0.01), loss: 'meanSquaredError' });
 * ```
 */
export function momentum(learningRate: number, options: MomentumOptions = {}): MomentumOptimizer {
  return new MomentumOptimizer(learningRate, options);
}
