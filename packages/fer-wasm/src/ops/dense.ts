import * as tf from '@tensorflow/tfjs-core';
import { currentWorkspace } from '../current.js';
import { reluGradient } from '../kernels/fused.js';
import { type Activation, checkParameters, type Parameters } from './activation.js';
import { runOwn } from './own.js';

/**
 * A dense layer with its bias and activation, fused into one forward step and few backward.
 *
 * @param x - [n, in].
 * @param parameters - Kernel [in, out], bias [out].
 * @throws WasmError `INVALID_ARGUMENT` if an argument is not a tensor of a fitting shape, or the activation is unknown.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const kernel = tf.tensor2d([[1], [2]]);
 * const y = dense(tf.tensor2d([[3, 4]]), { kernel, bias: tf.tensor1d([0.5]) });
 * y.print(); // [[11.5]]
 * ```
 */
export function dense(
  x: tf.Tensor2D,
  parameters: Parameters<tf.Tensor2D>,
  activation: Activation = 'linear',
): tf.Tensor2D {
  checkParameters('dense', x, parameters, activation, 2);
  const { kernel, bias } = parameters;
  if (!currentWorkspace()) {
    const product = tf.matMul(x, kernel);
    const sum = bias ? tf.add(product, bias) : product;
    return (activation === 'relu' ? tf.relu(sum) : sum) as tf.Tensor2D;
  }
  const op = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [a, b, offset] = args as tf.Tensor2D[];
    const y = tf.fused.matMul({ a, b, bias: offset, activation });
    save([a, b, ...(activation === 'relu' ? [y] : [])]);
    const gradFunc = (dy: tf.Tensor, [savedA, savedB, savedY]: tf.Tensor[]) => {
      const dz = savedY ? runOwn<tf.Tensor>({ y: savedY, dy }, (w) => reluGradient(w, savedY, dy)) : dy;
      return [tf.matMul(dz, savedB, false, true), tf.matMul(savedA, dz, true), ...(offset ? [tf.sum(dz, 0)] : [])];
    };
    return { value: y, gradFunc };
  });
  return op(...(bias ? [x, kernel, bias] : [x, kernel])) as tf.Tensor2D;
}
