import * as tf from '@tensorflow/tfjs-core';
import { checkAmounts, checkFactors, checkOptions } from '../arguments.js';
import { adamStep } from '../ops/adam.js';
import { SlotOptimizer } from './slotOptimizer.js';

/** Options of {@link adam}. */
export interface AdamOptions {
  /** From 0 to below 1. @default 0.9 */
  readonly beta1?: number | undefined;
  /** From 0 to below 1. @default 0.999 */
  readonly beta2?: number | undefined;
  /** At least 0. @default 1e-7 */
  readonly epsilon?: number | undefined;
}

/** Options of {@link adamW}. */
export interface AdamWOptions extends AdamOptions {
  /** Weight decay: each step subtracts this times the learning rate times the weight. @default 0.01, as PyTorch */
  readonly weightDecay?: number | undefined;
}

/** Adam (Kingma & Ba, 2015). Made by {@link adam}. */
export class AdamOptimizer extends SlotOptimizer {
  static readonly className: string = 'Adam';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;

  constructor(learningRate: number, options: AdamOptions = {}) {
    super(learningRate, ['m', 'v']);
    checkOptions('adam', options, ['beta1', 'beta2', 'epsilon']);
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
    checkFactors('adam', { beta1, beta2 });
    checkAmounts('adam', { epsilon });
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
  }

  protected override step(variable: tf.Variable, gradient: tf.Tensor, slots: readonly tf.Variable[]): void {
    const [first, second] = slots;
    adamStep(variable, gradient, { first, second }, { ...this.getConfig(), step: this.iterations + 1 });
  }

  override getConfig(): { learningRate: number; beta1: number; beta2: number; epsilon: number; weightDecay?: number } {
    const { learningRate, beta1, beta2, epsilon } = this;
    return { learningRate, beta1, beta2, epsilon };
  }
}

/** Adam with decoupled weight decay (Loshchilov & Hutter, 2019). Made by {@link adamW}. */
export class AdamWOptimizer extends AdamOptimizer {
  static override readonly className: string = 'FerAdamW';
  readonly weightDecay: number;

  constructor(learningRate: number, options: AdamWOptions = {}) {
    checkOptions('adamW', options, ['beta1', 'beta2', 'epsilon', 'weightDecay']);
    const { weightDecay = 0.01, beta1, beta2, epsilon } = options;
    super(learningRate, { beta1, beta2, epsilon });
    checkAmounts('adamW', { weightDecay });
    this.weightDecay = weightDecay;
  }

  override getConfig() {
    return { ...super.getConfig(), weightDecay: this.weightDecay };
  }

  /** Makes the optimiser of a saved model. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    { learningRate, beta1, beta2, epsilon, weightDecay }: tf.serialization.ConfigDict,
  ): T {
    const make = cls as unknown as new (learningRate: unknown, options: object) => T;
    return new make(learningRate, { beta1, beta2, epsilon, weightDecay });
  }
}

/** Lets tfjs-layers load models that were saved with `adamW`. tfjs' own loader makes the other optimisers. */
export function registerAdamW(): void {
  tf.serialization.registerClass(AdamWOptimizer);
}

/**
 * Adam for `model.compile`, with the same result as `tf.train.adam`, in one pass over each variable.
 *
 * @throws WasmError `INVALID_ARGUMENT` if the learning rate or an option is out of its range.
 *
 * @example
 * ```ts
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { adam } from 'fer-wasm';
 *
 * const model = sequential({ layers: [layers.dense({ units: 7, inputShape: [64] })] });
 * model.compile({ optimizer: adam(1e-3), loss: 'meanSquaredError' });
 * ```
 */
export function adam(learningRate: number, options: AdamOptions = {}): AdamOptimizer {
  return new AdamOptimizer(learningRate, options);
}

/**
 * AdamW for `model.compile`, which tfjs doesn't have, in one pass over each variable. The decay applies to every
 * trained variable, biases included. A model that was saved together with this optimiser can be loaded after
 * `useWasm()`, but not by plain tfjs.
 *
 * @throws WasmError `INVALID_ARGUMENT` if the learning rate or an option is out of its range.
 *
 * @example
 * ```ts
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { adamW } from 'fer-wasm';
 *
 * const model = sequential({ layers: [layers.dense({ units: 7, inputShape: [64] })] });
 * model.compile({ optimizer: adamW(1e-3, { weightDecay: 0.01 }), loss: 'meanSquaredError' });
 * ```
 */
export function adamW(learningRate: number, options: AdamWOptions = {}): AdamWOptimizer {
  return new AdamWOptimizer(learningRate, options);
}
