import * as tf from '@tensorflow/tfjs-core';
import { currentWorkspace } from '../current.js';
import { batchMoments, batchNormGradient, scaleShift } from '../kernels/fused.js';
import { checkShape } from '../kernels/kernel.js';
import { runOwn } from './own.js';

/** The parameters of a batch normalisation: one number a channel each. */
export interface BatchNormParameters {
  /** γ. */
  readonly scale: tf.Tensor1D;
  /** β. */
  readonly offset: tf.Tensor1D;
}

/** Statistics of a batch: one number a channel each. */
export interface Moments {
  readonly mean: tf.Tensor1D;
  /** Biased: the mean square about the mean. */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalisation in training (Ioffe & Szegedy, 2015): by the statistics of the batch itself, through which the
 * gradient flows too. Two passes over memory forward, and two back, where tfjs takes dozens of ops.
 *
 * @param x - Channels last.
 * @param epsilon - Added to the variance. @default 1e-3, as Keras
 * @returns y, and the batch's moments, for the moving averages.
 * @throws WasmError `INVALID_ARGUMENT` where scale or offset is no number for each channel.
 */
export function batchNormTraining<T extends tf.Tensor>(
  x: T,
  { scale, offset }: BatchNormParameters,
  epsilon = 1e-3,
): { y: T; moments: Moments } {
  checkChannels('batchNormTraining', x, { scale, offset });
  if (!currentWorkspace()) {
    const { mean, variance } = tf.moments(
      x,
      x.shape.slice(0, -1).map((_, i) => i),
    );
    const y = tf.add(tf.mul(tf.sub(x, mean), tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)))), offset) as T;
    return { y, moments: { mean, variance } as Moments };
  }
  const [mean, variance] = runOwn<tf.Tensor1D[]>({ x }, (w) => batchMoments(w, x));
  const op = tf.customGrad((input, gamma, beta, save) => {
    const factor = tf.mul(gamma as tf.Tensor1D, tf.rsqrt(tf.add(variance, epsilon)));
    const shift = tf.sub(beta as tf.Tensor1D, tf.mul(mean, factor));
    const y = runOwn<tf.Tensor>({ x: input as tf.Tensor, factor, shift }, (w) =>
      scaleShift(w, input as tf.Tensor, factor, shift),
    );
    (save as tf.GradSaveFunc)([input as tf.Tensor, gamma as tf.Tensor, mean, variance]);
    const gradFunc = (dy: tf.Tensor, [x, scale, mean, variance]: tf.Tensor[]) => {
      const inputs = { x, dy, mean, variance, scale };
      return runOwn<tf.Tensor[]>(inputs, (w) => batchNormGradient(w, inputs, epsilon, false));
    };
    return { value: y, gradFunc };
  });
  return { y: op(x, scale, offset) as T, moments: { mean, variance } };
}

/**
 * Batch normalisation by given statistics, as in inference: y = (x − mean) · scale / √(variance + epsilon) + offset.
 *
 * @throws WasmError `INVALID_ARGUMENT` where a parameter or a moment is no number for each channel.
 */
export function batchNormInference<T extends tf.Tensor>(
  x: T,
  { scale, offset }: BatchNormParameters,
  { mean, variance }: Moments,
  epsilon = 1e-3,
): T {
  checkChannels('batchNormInference', x, { scale, offset, mean, variance });
  return tf.tidy(() => {
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    const shift = tf.sub(offset, tf.mul(mean, factor));
    if (!currentWorkspace()) return tf.add(tf.mul(x, factor), shift) as T;
    return runOwn<tf.Tensor>({ x, factor, shift }, (w) => scaleShift(w, x, factor, shift)) as T;
  });
}

function checkChannels(op: string, x: tf.Tensor, vectors: Readonly<Record<string, tf.Tensor>>): void {
  for (const [name, { shape }] of Object.entries(vectors)) checkShape(op, name, shape, x.shape.slice(-1));
}
