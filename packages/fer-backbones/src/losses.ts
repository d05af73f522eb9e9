import type * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy, squaredHinge } from 'fer-wasm';

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
  return loss === 'softmax' ? softmaxCrossEntropy(scores, targets) : squaredHinge(scores, targets);
}
