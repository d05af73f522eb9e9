import * as tf from '@tensorflow/tfjs-core';
import { checkTensors } from '../arguments.js';
import { currentWorkspace } from '../current.js';
import { WasmError } from '../errors.js';
import { checkShape } from '../kernels/kernel.js';
import { runOwn } from './own.js';

/**
 * Runs a kernel that updates variables in place, in one pass. Returns `false` if the current backend isn't ours. A
 * variable that shares its data with a clone gets a copy first, so that the clone doesn't change.
 *
 * @param words - The kernel's arguments after the addresses of the variables and the gradient.
 */
export function updateInPlace(
  kernel: string,
  [weight, ...slots]: readonly tf.Variable[],
  gradient: tf.Tensor,
  words: readonly number[],
): boolean {
  checkTensors(`${kernel}Step`, { weight, gradient });
  for (const [i, slot] of slots.entries()) checkTensors(`${kernel}Step`, { [`slot ${i + 1}`]: slot });
  for (const variable of [weight, ...slots]) {
    if (variable instanceof tf.Variable) continue;
    throw new WasmError('INVALID_ARGUMENT', `${kernel}Step updates variables: make one by tf.variable(tensor).`);
  }
  for (const tensor of [gradient, ...slots]) checkShape(`${kernel}Step`, 'an operand', tensor.shape, weight.shape);
  if (!currentWorkspace()) return false;
  for (const variable of [weight, ...slots]) {
    if (tf.backend().refCount(variable.dataId) > 1) tf.tidy(() => variable.assign(tf.add(variable, 0)));
  }
  const tensors = [weight, gradient, ...slots];
  runOwn<tf.Tensor[]>(Object.fromEntries(tensors.map((tensor, i) => [`${i}`, tensor])), (workspace) => {
    const addresses = tensors.map((tensor) => workspace.address(tensor));
    workspace.run(kernel, [...addresses, weight.size, ...words], weight.size);
    workspace.forget(weight);
    return [];
  });
  return true;
}
