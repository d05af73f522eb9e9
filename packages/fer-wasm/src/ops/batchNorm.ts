import * as tf from '@tensorflow/tfjs-core';
import { checkNumbers, checkTensors } from '../arguments.js';
import { currentWorkspace } from '../current.js';
import { batchMoments, batchNormGradient } from '../kernels/fused.js';
import { checkShape } from '../kernels/kernel.js';
import { runOwn } from './own.js';

/** The parameters of a batch normalisation, with one number per channel each. */
export interface BatchNormParameters {
  /** γ. */
  readonly scale: tf.Tensor1D;
  /** β. */
  readonly offset: tf.Tensor1D;
}

/** Statistics of a batch, with one number per channel each. */
export interface Moments {
  readonly mean: tf.Tensor1D;
  /** Biased: the mean square about the mean. */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalisation in training (Ioffe & Szegedy, 2015). It normalises by the statistics of the batch and propagates
 * gradients through them. It takes two passes over memory forward and two backward, where tfjs runs dozens of ops. The
 * second pass of each is shared with the next op if that is a ReLU, its gradient or a sum.
 *
 * @param x - Channels last.
 * @param epsilon - Added to the variance. @default 1e-3, as Keras
 * @returns y, and the moments of the batch, for the moving averages.
 * @throws WasmError `INVALID_ARGUMENT` if scale or offset doesn't have one number per channel.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor2d([[1, 10], [3, 30]]);
 * const parameters = { scale: tf.ones<tf.Rank.R1>([2]), offset: tf.zeros<tf.Rank.R1>([2]) };
 * const { y, moments } = batchNormTraining(x, parameters);
 * moments.mean.print(); // [2, 20]
 * ```
 */
export function batchNormTraining<T extends tf.Tensor>(
  x: T,
  parameters: BatchNormParameters,
  epsilon = 1e-3,
): { y: T; moments: Moments } {
  const { scale, offset } = parameters ?? {};
  checkNumbers('batchNormTraining', { epsilon });
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
    const y = normalise(
      input as tf.Tensor,
      { scale: gamma, offset: beta } as BatchNormParameters,
      { mean, variance },
      epsilon,
    );
    (save as tf.GradSaveFunc)([input as tf.Tensor, gamma as tf.Tensor, mean, variance]);
    const gradFunc = (dy: tf.Tensor, [x, scale, mean, variance]: tf.Tensor[]) => {
      const inputs = { x, dy, mean, variance, scale };
      return runOwn<tf.Tensor[]>(inputs, (w) => batchNormGradient(w, inputs, epsilon));
    };
    return { value: y, gradFunc };
  });
  return { y: op(x, scale, offset) as T, moments: { mean, variance } };
}

/**
 * Batch normalisation by given statistics, as in inference: y = (x − mean) · scale / √(variance + epsilon) + offset.
 *
 * @throws WasmError `INVALID_ARGUMENT` if a parameter or a moment doesn't have one number per channel.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.tensor2d([[1, 10], [3, 30]]);
 * const parameters = { scale: tf.ones<tf.Rank.R1>([2]), offset: tf.zeros<tf.Rank.R1>([2]) };
 * const { moments } = batchNormTraining(x, parameters);
 * const y = batchNormInference(x, parameters, moments);
 * ```
 */
export function batchNormInference<T extends tf.Tensor>(
  x: T,
  parameters: BatchNormParameters,
  moments: Moments,
  epsilon = 1e-3,
): T {
  const { scale, offset } = parameters ?? {};
  const { mean, variance } = moments ?? {};
  checkNumbers('batchNormInference', { epsilon });
  checkChannels('batchNormInference', x, { scale, offset, mean, variance });
  if (currentWorkspace()) {
    // Computed at once: cached outputs of frozen layers must be bit-identical whether or not the next op is fused.
    return tf.tidy(() => {
      const y = normalise(x, { scale, offset }, { mean, variance }, epsilon);
      runOwn<tf.Tensor[]>({ y }, (workspace) => {
        workspace.address(y);
        return [];
      });
      return y;
    });
  }
  return tf.tidy(() => {
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(mean, factor))) as T;
  });
}

/**
 * Applies one factor and one shift per channel. The result is deferred, so that a following ReLU or sum of two branches
 * runs in the same pass.
 */
function normalise<T extends tf.Tensor>(
  x: T,
  { scale, offset }: BatchNormParameters,
  { mean, variance }: Moments,
  varianceEpsilon: number,
): T {
  return tf.engine().runKernel('FusedBatchNorm', { x, mean, variance, offset, scale }, { varianceEpsilon }) as T;
}

function checkChannels(op: string, x: tf.Tensor, vectors: Readonly<Record<string, tf.Tensor>>): void {
  checkTensors(op, { x, ...vectors });
  for (const [name, { shape }] of Object.entries(vectors)) checkShape(op, name, shape, x.shape.slice(-1));
}
