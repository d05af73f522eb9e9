import * as tf from '@tensorflow/tfjs-core';

/**
 * What end-to-end training minimises, over the scores of a temporary dense layer.
 *
 * - `softmax`: cross-entropy.
 * - `squaredHinge`: the L2-SVM's loss, one-vs-rest (Tang, 2013): Σ over classes of max(0, 1 − y·score)², y being +1 for
 *   the image's own class and −1 for the others.
 */
export type Loss = 'softmax' | 'squaredHinge';

/** The mean loss over a batch. `targets` is n × k, each row a distribution over the classes. */
export function meanLoss(loss: Loss, scores: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const n = scores.shape[0];
  if (loss === 'softmax') return tf.div(tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(scores)))), n);
  const signs = tf.sub(tf.mul(targets, 2), 1);
  return tf.div(tf.sum(tf.square(tf.relu(tf.sub(1, tf.mul(signs, scores))))), n);
}
