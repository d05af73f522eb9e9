import type * as tf from '@tensorflow/tfjs-core';
import { checkRank, checkTensors, describe } from '../arguments.js';
import { WasmError } from '../errors.js';

/** The activation function of a layer. */
export type Activation = 'linear' | 'relu';

/** The trained parameters of a layer. */
export interface Parameters<Kernel extends tf.Tensor> {
  readonly kernel: Kernel;
  /** One number per output channel. Absent if the layer has no bias. */
  readonly bias?: tf.Tensor1D;
}

/**
 * Checks the arguments of a layer: tensors of the given rank, a kernel that fits the channels of x, and a bias with one
 * number per output channel.
 *
 * @throws WasmError `INVALID_ARGUMENT`
 */
export function checkParameters(
  call: string,
  x: tf.Tensor,
  parameters: Parameters<tf.Tensor>,
  activation: Activation,
  rank: number,
): void {
  if (typeof parameters !== 'object' || parameters === null) {
    throw new WasmError(
      'INVALID_ARGUMENT',
      `${call}: the parameters are ${describe(parameters)}: give { kernel, bias }.`,
    );
  }
  const { kernel, bias } = parameters;
  checkTensors(call, bias === undefined ? { x, kernel } : { x, kernel, bias });
  checkRank(call, 'x', x, rank);
  checkRank(call, 'kernel', kernel, rank);
  const [taken, made] = kernel.shape.slice(-2);
  if (x.shape[rank - 1] !== taken || (bias && (bias.shape.length !== 1 || bias.shape[0] !== made))) {
    throw new WasmError(
      'INVALID_ARGUMENT',
      `${call}: x [${x.shape}], kernel [${kernel.shape}]${bias ? ` and bias [${bias.shape}]` : ''} do not fit.`,
    );
  }
  if (activation !== 'linear' && activation !== 'relu') {
    throw new WasmError('INVALID_ARGUMENT', `${call}: activation is ${describe(activation)}: give 'linear' or 'relu'.`);
  }
}
