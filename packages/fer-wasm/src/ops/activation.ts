import type * as tf from '@tensorflow/tfjs-core';

/** What a layer applies to its output. */
export type Activation = 'linear' | 'relu';

/** The parameters of a layer that training adjusts. */
export interface Parameters<Kernel extends tf.Tensor> {
  readonly kernel: Kernel;
  /** One number an output channel; none where the layer has no bias. */
  readonly bias?: tf.Tensor1D;
}
