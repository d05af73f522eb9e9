import * as tf from '@tensorflow/tfjs-core';
import { checkRank, checkTensors, describe } from '../arguments.js';
import { currentWorkspace } from '../current.js';
import { WasmError } from '../errors.js';
import { runOwn } from './own.js';

/**
 * The mean of each channel at every place of a window that slides over the image, by `same` padding with zeros. The
 * global average of a convolution is a linear function of these means: mini-XCEPTION's last layers are this op and a
 * dense layer. Forward and gradient take one pass each, where tfjs would pad, crop and average at each place.
 *
 * @param x - [n, height, width, channels], float32.
 * @param size - Height and width of the window: odd.
 * @returns [n, size · size · channels], in the order of a convolution's kernel: row, column, channel.
 * @throws WasmError `INVALID_ARGUMENT` if x has another rank or type, or size is not an odd whole number.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
 * windowMeans(x, 3).print(); // [[0.25, 0.75, 0.5, 1, 2.5, 1.5, 0.75, 1.75, 1]]
 * ```
 */
export function windowMeans(x: tf.Tensor4D, size: number): tf.Tensor2D {
  checkTensors('windowMeans', { x });
  checkRank('windowMeans', 'x', x, 4);
  if (x.dtype !== 'float32') {
    throw new WasmError('INVALID_ARGUMENT', `windowMeans: x is ${x.dtype}: cast it to float32 first.`);
  }
  if (!(Number.isInteger(size) && size > 0 && size % 2 === 1)) {
    throw new WasmError('INVALID_ARGUMENT', `windowMeans: size is ${describe(size)}: give an odd whole number.`);
  }
  const [n, height, width, channels] = x.shape;
  if (!currentWorkspace()) return composed(x, size);
  const run = (kernel: 'windowMeans' | 'windowMeansGrad', from: tf.Tensor, shape: readonly number[]) =>
    runOwn<tf.Tensor>({ from }, (workspace) => {
      const out = workspace.output(shape);
      const addresses = [from, out].map((tensor) => workspace.address(tensor));
      workspace.run(kernel, [...addresses, n, height, width, channels, size], x.size * size);
      return out;
    });
  const op = tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([]);
    return {
      value: run('windowMeans', input as tf.Tensor, [n, size * size * channels]),
      gradFunc: (dy: tf.Tensor) => run('windowMeansGrad', dy, x.shape),
    };
  });
  return op(x) as tf.Tensor2D;
}

function composed(x: tf.Tensor4D, size: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [, height, width, channels] = x.shape;
    const pad: [number, number] = [(size - 1) / 2, (size - 1) / 2];
    const padded = tf.pad4d(x, [[0, 0], pad, pad, [0, 0]]);
    const places = Array.from({ length: size * size }, (_, place) => {
      const begin: [number, number, number, number] = [0, Math.floor(place / size), place % size, 0];
      return tf.mean(tf.slice4d(padded, begin, [-1, height, width, channels]), [1, 2]);
    });
    return tf.concat(places, 1) as tf.Tensor2D;
  });
}
