import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy, squaredHinge } from 'fer-wasm';

/**
 * The loss that end-to-end training minimises, over the scores of a temporary dense layer.
 *
 * - `softmax`: cross-entropy.
 * - `squaredHinge`: the L2-SVM's loss, one-vs-rest (Tang, 2013): Σ over classes of max(0, 1 − y·score)², where y is +1
 *   for the image's own class and −1 for the others.
 */
export type Loss = 'softmax' | 'squaredHinge';

/**
 * The mean loss over a batch.
 *
 * @param targets - n × k, each row a distribution over the classes.
 * @param weights - Weights of the images. The sum of the losses is still divided by n. @default 1 for each image
 */
export function meanLoss(loss: Loss, scores: tf.Tensor2D, targets: tf.Tensor2D, weights?: tf.Tensor1D): tf.Scalar {
  if (!weights) return loss === 'softmax' ? softmaxCrossEntropy(scores, targets) : squaredHinge(scores, targets);
  const n = scores.shape[0];
  const column = tf.reshape(weights, [n, 1]);
  // Cross-entropy is linear in its targets.
  if (loss === 'softmax') return softmaxCrossEntropy(scores, tf.mul(targets, column));
  const signs = tf.sub(tf.mul(targets, 2), 1);
  return tf.div(tf.sum(tf.mul(tf.square(tf.relu(tf.sub(1, tf.mul(signs, scores)))), column)), n);
}

/**
 * The loss of a distillation (Hinton et al., 2015): weight · T² · (cross-entropy of the scores at temperature T and the
 * teacher's distribution) + (1 − weight) · (loss of the labels). The factor T² keeps both gradients in the same range.
 *
 * @param teacher - n × k distributions at that temperature.
 */
export function distillationLoss(
  own: tf.Scalar,
  scores: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { temperature, weight }: { readonly temperature: number; readonly weight: number },
): tf.Scalar {
  const softened = softmaxCrossEntropy(tf.mul(scores, 1 / temperature), teacher);
  return tf.add(tf.mul(softened, weight * temperature ** 2), tf.mul(own, 1 - weight));
}
