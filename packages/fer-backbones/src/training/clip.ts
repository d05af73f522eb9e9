import * as tf from '@tensorflow/tfjs-core';

/** Scales all gradients by one factor, so that their joint norm is at most `norm` (Pascanu et al., 2013). */
export function clip(gradients: readonly tf.Tensor[], norm: number): readonly tf.Tensor[] {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const length = Math.sqrt(tf.addN(squares).dataSync()[0]);
  return length > norm ? gradients.map((gradient) => tf.mul(gradient, norm / length)) : gradients;
}
