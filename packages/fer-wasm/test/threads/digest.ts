/** Prints digests of the kernels' results. First argument: threads. Run by threads.test.ts. */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { adamStep, batchNormTraining, dropout, softmaxCrossEntropy, useWasm } from '../../src/index.js';
import { read, values } from '../reference.js';

await useWasm({ threads: Number(process.argv[2]) });

const image = (size: number, channels: number) =>
  tf.tensor(values(5 * size * size * channels, 'x', true), [5, size, size, channels]);
const kernel = (inputs: number, outputs: number) =>
  tf.tensor(values(9 * inputs * outputs, 'w'), [3, 3, inputs, outputs]);

function withGradients(op: (...args: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] {
  return [op(...inputs), ...tf.grads((...x) => tf.sum(tf.square(op(...x))))(inputs)];
}

const convolve = (pad: 'same' | 'valid', strides: number) => (x: tf.Tensor, w: tf.Tensor) =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad);

/** One step of a small network with all kinds of layers whose work threads share; the loss and the gradients. */
function trainingStep(): tf.Tensor[] {
  const shapes = [[3, 3, 3, 16], [3, 3, 16, 24], [3, 3, 24, 1], [3, 3, 24, 40], [160, 7], [24], [24]];
  const weights = shapes.map((shape, i) => tf.tensor(values(tf.util.sizeFromShape(shape), `w${i}`), shape));
  const loss = (...[first, second, depthwise, third, dense, scale, offset]: tf.Tensor[]) => {
    const y = tf.relu(tf.conv2d(image(24, 3) as tf.Tensor4D, first as tf.Tensor4D, 1, 'same'));
    const z = batchNormTraining(tf.conv2d(y as tf.Tensor4D, second as tf.Tensor4D, 1, 'same'), {
      scale: scale as tf.Tensor1D,
      offset: offset as tf.Tensor1D,
    }).y;
    const small = tf.maxPool(tf.relu(z) as tf.Tensor4D, 3, 4, 'same');
    const sliding = tf.relu(tf.depthwiseConv2d(small, depthwise as tf.Tensor4D, 1, 'same'));
    const last = tf.maxPool(tf.relu(tf.conv2d(sliding as tf.Tensor4D, third as tf.Tensor4D, 1, 'same')), 3, 3, 'same');
    const scores = tf.matMul(tf.reshape(last, [5, 160]), dense as tf.Tensor2D);
    return softmaxCrossEntropy(scores as tf.Tensor2D, tf.oneHot([0, 6, 3, 2, 1], 7, 1, 0, 'float32') as tf.Tensor2D);
  };
  return [loss(...weights), ...tf.grads((...w) => tf.sum(loss(...w)))(weights)];
}

const cases: Readonly<Record<string, () => tf.Tensor | tf.Tensor[]>> = {
  'tall product': () => tf.matMul(tf.tensor2d(values(9000, 'a'), [900, 10]), tf.tensor2d(values(130, 'b'), [10, 13])),
  'wide product': () =>
    tf.matMul(tf.tensor2d(values(700, 'a'), [70, 10]), tf.tensor2d(values(21000, 'b'), [300, 70]), true, true),
  'direct convolution': () => withGradients(convolve('same', 2), [image(15, 3), kernel(3, 10)]),
  'Winograd convolution': () => withGradients(convolve('valid', 1), [image(21, 16), kernel(16, 24)]),
  'Winograd convolution by tiles of 3×3': () => withGradients(convolve('same', 1), [image(6, 24), kernel(24, 40)]),
  'Winograd convolution by tiles of 6×6': () => withGradients(convolve('same', 1), [image(12, 64), kernel(64, 64)]),
  'convolution tap by tap': () => withGradients(convolve('same', 1), [image(2, 40), kernel(40, 12)]),
  'batch normalisation and dropout': () =>
    withGradients(
      (x, scale, offset) =>
        dropout(batchNormTraining(x, { scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D }).y, 0.4, 3),
      [image(9, 6), tf.tensor(values(6, 'scale')), tf.tensor(values(6, 'offset'))],
    ),
  'max pooling': () => withGradients((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), [image(9, 5)]),
  'max pooling of windows that overlap': () =>
    withGradients((x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'), [image(19, 5)]),
  'depthwise convolution': () =>
    withGradients(
      (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
      [image(15, 20), tf.tensor(values(180, 'w'), [3, 3, 20, 1])],
    ),
  'a training step, 20 times': () => Array.from({ length: 20 }, trainingStep).flat(),
  softmaxCrossEntropy: () =>
    tf.grads((s) => softmaxCrossEntropy(s as tf.Tensor2D, tf.ones([9, 7])))([tf.tensor2d(values(63, 's'), [9, 7])]),
  adamStep: () => {
    const w = tf.variable(tf.tensor1d(values(1001, 'w')));
    const moments = { first: tf.variable(tf.zeros([1001])), second: tf.variable(tf.zeros([1001])) };
    adamStep(w, tf.tensor1d(values(1001, 'g')), moments, { learningRate: 0.01, step: 1 });
    return w;
  },
};

const digests = Object.entries(cases).map(([name, op]) => {
  const hash = createHash('sha256');
  for (const numbers of read(op)) hash.update(new Uint8Array(numbers.buffer));
  return [name, hash.digest('hex')] as const;
});
console.log(JSON.stringify(Object.fromEntries(digests)));
