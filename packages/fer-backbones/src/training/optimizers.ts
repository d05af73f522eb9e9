import type * as tf from '@tensorflow/tfjs-core';
import { checkBoolean, checkOptions } from 'fer-core';
import { adamStep, momentumStep, rmspropStep } from 'fer-wasm';
import { demand, isBelow1, isFromZero, isPositive } from './demand.js';

/**
 * The update rule of the weights. Made by {@link rmsprop}, {@link sgd} or {@link adamW}, or your own implementation.
 */
export interface Optimizer {
  readonly name: string;
  /** Its settings. A checkpoint can only be resumed with the same settings. */
  readonly config: Readonly<Record<string, number | boolean>>;
  /** How many tensors of a weight's shape it keeps for each weight, initially zeros. */
  readonly slots: number;
  /** Updates a weight and its slots in place; `step` is 0-based, over all epochs. */
  update(
    weight: tf.Variable,
    gradient: tf.Tensor,
    slots: readonly tf.Variable[],
    options: { readonly learningRate: number; readonly step: number },
  ): void;
}

/**
 * RMSprop (Tieleman & Hinton, 2012) with Keras' defaults, as the original uses it. It divides by √(s + ε), where s is
 * the moving average of squared gradients, as `tf.train.rmsprop` does; Keras 2 divides by √s + ε.
 *
 * @param options - `decay` of the moving average of squared gradients, from 0 to below 1 (default 0.9); `epsilon`,
 *   added to it (default 1e-7).
 *
 * @example
 * ```ts
 * import { rmsprop } from 'fer-backbones';
 *
 * await backbone.fit(train, { optimizer: rmsprop({ decay: 0.95 }), learningRate: 1e-4 });
 * ```
 */
export function rmsprop(
  options: { readonly decay?: number | undefined; readonly epsilon?: number | undefined } = {},
): Optimizer {
  checkOptions('rmsprop', options, ['decay', 'epsilon']);
  const { decay = 0.9, epsilon = 1e-7 } = options;
  checkShare('decay', decay);
  checkPositive('epsilon', epsilon);
  return {
    name: 'rmsprop',
    config: { decay, epsilon },
    slots: 1,
    update(weight, gradient, [squares], { learningRate }) {
      rmspropStep(weight, gradient, squares, { learningRate, decay, epsilon });
    },
  };
}

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** The fraction of the velocity that is kept at each step, from 0 to below 1. @default 0.9 */
  readonly momentum?: number | undefined;
  /** Use Nesterov's look-ahead (Nesterov, 1983). @default true */
  readonly nesterov?: boolean | undefined;
  /**
   * Factor of the L2 penalty, which adds this times the kernel to its gradient. Doesn't apply to biases and batch
   * norms. @default 0
   */
  readonly weightDecay?: number | undefined;
}

/**
 * Stochastic gradient descent with momentum as in PyTorch: the velocity accumulates gradients, not updates.
 *
 * @example
 * ```ts
 * await backbone.fit(train, { optimizer: sgd({ momentum: 0.9, weightDecay: 5e-4 }), learningRate: 0.01 });
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptions('sgd', options, ['momentum', 'nesterov', 'weightDecay']);
  const { momentum = 0.9, nesterov = true, weightDecay = 0 } = options;
  checkShare('momentum', momentum);
  checkBoolean('nesterov', nesterov);
  checkDecay(weightDecay);
  return {
    name: 'sgd',
    config: { momentum, nesterov, weightDecay },
    slots: 1,
    update(weight, gradient, [velocity], { learningRate }) {
      const decay = isKernel(weight) ? weightDecay : 0;
      momentumStep(weight, gradient, velocity, { learningRate, momentum, nesterov, weightDecay: decay });
    },
  };
}

/** Options of {@link adamW}. */
export interface AdamWOptions {
  /** Decay of the moving average of gradients, from 0 to below 1. @default 0.9 */
  readonly beta1?: number | undefined;
  /** Decay of the moving average of squared gradients, from 0 to below 1. @default 0.999 */
  readonly beta2?: number | undefined;
  /** @default 1e-7 */
  readonly epsilon?: number | undefined;
  /** Weight decay of kernels, decoupled from the gradient. With 0 this is Adam. @default 0.01 */
  readonly weightDecay?: number | undefined;
}

/**
 * AdamW (Loshchilov & Hutter, 2019).
 *
 * @example
 * ```ts
 * import { adamW } from 'fer-backbones';
 *
 * await backbone.fit(train, { optimizer: adamW({ weightDecay: 0.05 }), learningRate: 1e-3, schedule: cosine() });
 * ```
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  checkOptions('adamW', options, ['beta1', 'beta2', 'epsilon', 'weightDecay']);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = 0.01 } = options;
  checkShare('beta1', beta1);
  checkShare('beta2', beta2);
  checkPositive('epsilon', epsilon);
  checkDecay(weightDecay);
  return {
    name: 'adamW',
    config: { beta1, beta2, epsilon, weightDecay },
    slots: 2,
    update(weight, gradient, [first, second], { learningRate, step }) {
      const decay = isKernel(weight) ? weightDecay : 0;
      adamStep(
        weight,
        gradient,
        { first, second },
        { learningRate, step: step + 1, beta1, beta2, epsilon, weightDecay: decay },
      );
    },
  };
}

function isKernel(weight: tf.Variable): boolean {
  return weight.shape.length > 1;
}

function checkShare(name: string, value: unknown): void {
  demand(isBelow1(value), name, value, 'from 0 to below 1');
}

function checkPositive(name: string, value: unknown): void {
  demand(isPositive(value), name, value, 'a positive number');
}

function checkDecay(value: unknown): void {
  demand(isFromZero(value), 'weightDecay', value, '0 or a positive number');
}
