import * as tf from '@tensorflow/tfjs-core';
import { checkTensors } from '../arguments.js';
import { currentWorkspace } from '../current.js';
import { WasmError } from '../errors.js';
import { lossAndGradient } from '../kernels/fused.js';
import { runOwn } from './own.js';

/**
 * Softmax cross-entropy: the mean over rows of −Σ targets·ln softmax(scores). The largest score of each row is
 * subtracted first, so that finite scores always give finite losses. NaN propagates. Loss and gradient take one pass.
 *
 * @param scores - n × k.
 * @param targets - n × k: each row is a distribution over the classes. Treated as a constant, without a gradient.
 * @throws WasmError `INVALID_ARGUMENT` if the shapes differ or the tensors are not float32.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const targets = tf.tensor2d([[1, 0], [0, 1]]);
 * const loss = softmaxCrossEntropy(tf.tensor2d([[0, 0], [0, 0]]), targets);
 * loss.print(); // 0.6931472, which is ln 2
 * ```
 */
export function softmaxCrossEntropy(scores: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  check(scores, targets);
  if (currentWorkspace()) return fused('softmaxCrossEntropy', scores, targets);
  return tf.tidy(() => meanOfRows(tf.neg(tf.mul(targets, tf.logSoftmax(scores))), scores));
}

/**
 * The L2-SVM's loss, one-vs-rest (Y. Tang, Deep Learning using Linear Support Vector Machines, 2013): the mean over
 * rows of Σ over classes of max(0, 1 − y·score)², where y = 2·target − 1, which is +1 for the row's own class and −1
 * for the others. NaN propagates. Loss and gradient take one pass.
 *
 * @param scores - n × k.
 * @param targets - n × k: each row is a distribution over the classes. Treated as a constant, without a gradient.
 * @throws WasmError `INVALID_ARGUMENT` if the shapes differ or the tensors are not float32.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const targets = tf.tensor2d([[1, 0], [0, 1]]);
 * const loss = squaredHinge(tf.tensor2d([[1, -1], [0, 1]]), targets);
 * loss.print(); // 0.5: of the second row the first score is 0 where -1 is wanted
 * ```
 */
export function squaredHinge(scores: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  check(scores, targets);
  if (currentWorkspace()) return fused('squaredHinge', scores, targets);
  return tf.tidy(() => {
    const signs = tf.sub(tf.mul(targets, 2), 1);
    return meanOfRows(tf.square(tf.relu(tf.sub(1, tf.mul(signs, scores)))), scores);
  });
}

function fused(kernel: 'softmaxCrossEntropy' | 'squaredHinge', scores: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const op = tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    const [value, gradient] = runOwn<tf.Tensor[]>({ x, targets }, (w) => lossAndGradient(w, kernel, x, targets));
    (save as tf.GradSaveFunc)([gradient]);
    return { value, gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(saved, dy) };
  });
  return op(scores) as tf.Scalar;
}

function meanOfRows(losses: tf.Tensor, { shape: [n] }: tf.Tensor2D): tf.Scalar {
  return tf.div(tf.sum(losses), n);
}

function check(scores: tf.Tensor2D, targets: tf.Tensor2D): void {
  checkTensors('the loss', { scores, targets });
  const same = scores.rank === 2 && targets.rank === 2 && scores.shape.every((size, i) => size === targets.shape[i]);
  if (!same || scores.dtype !== 'float32' || targets.dtype !== 'float32') {
    const [s, t] = [scores, targets].map(({ shape, dtype }) => `${dtype} [${shape}]`);
    throw new WasmError(
      'INVALID_ARGUMENT',
      `scores are ${s} and targets ${t}: give two float32 matrices of one shape.`,
    );
  }
}
