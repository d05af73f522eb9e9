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

const cases: Readonly<Record<string, () => tf.Tensor | tf.Tensor[]>> = {
  'tall product': () => tf.matMul(tf.tensor2d(values(9000, 'a'), [900, 10]), tf.tensor2d(values(130, 'b'), [10, 13])),
  'wide product': () =>
    tf.matMul(tf.tensor2d(values(700, 'a'), [70, 10]), tf.tensor2d(values(21000, 'b'), [300, 70]), true, true),
  'direct convolution': () => withGradients(convolve('same', 2), [image(15, 3), kernel(3, 10)]),
  'Winograd convolution': () => withGradients(convolve('valid', 1), [image(21, 16), kernel(16, 24)]),
  'Winograd convolution by tiles of 3×3': () => withGradients(convolve('same', 1), [image(6, 24), kernel(24, 40)]),
  'batch normalisation and dropout': () =>
    withGradients(
      (x, scale, offset) =>
        dropout(batchNormTraining(x, { scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D }).y, 0.4, 3),
      [image(9, 6), tf.tensor(values(6, 'scale')), tf.tensor(values(6, 'offset'))],
    ),
  'max pooling': () => withGradients((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), [image(9, 5)]),
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
