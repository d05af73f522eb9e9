import type * as tf from '@tensorflow/tfjs-core';
import { checkRank, checkTensors, describe } from '../arguments.js';
import { WasmError } from '../errors.js';

/** What a layer applies to its output. */
export type Activation = 'linear' | 'relu';

/** The parameters of a layer that training adjusts. */
export interface Parameters<Kernel extends tf.Tensor> {
  readonly kernel: Kernel;
  /** One number per output channel; none where the layer has no bias. */
  readonly bias?: tf.Tensor1D;
}

/**
 * Checks what a layer is called with: tensors of a rank, a kernel that takes the channels of x, a bias of one number an
 * output channel.
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
