/** What runs inside the page of browser.test.ts: the core of the kernels' tests, against tfjs' cpu backend. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {
  adamStep,
  batchNormTraining,
  conv2d,
  dense,
  dropout,
  softmaxCrossEntropy,
  squaredHinge,
  useWasm,
} from '../../src/index.js';
import { onCpu, read, relativeError, values } from '../reference.js';

function grads(op: (...args: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] {
  return [op(...inputs), ...tf.grads((...x) => tf.sum(tf.square(op(...x))))(inputs)];
}

const image = (n: number, size: number, channels: number) =>
  tf.tensor(values(n * size * size * channels, 'x', true), [n, size, size, channels]);
const kernel = (inputs: number, outputs: number) =>
  tf.tensor(values(9 * inputs * outputs, 'w'), [3, 3, inputs, outputs]);
const vector = (size: number, seed: string) => tf.tensor(values(size, seed));

const cases: Readonly<Record<string, () => tf.Tensor | tf.Tensor[]>> = {
  'matMul, both transposed': () =>
    tf.matMul(tf.tensor2d(values(700, 'a'), [70, 10]), tf.tensor2d(values(910, 'b'), [13, 70]), true, true),
  'conv2d of one channel': () =>
    grads(
      (x, w, b) =>
        conv2d(x as tf.Tensor4D, { kernel: w as tf.Tensor4D, bias: b as tf.Tensor1D }, { activation: 'relu' }),
      [...[image(2, 11, 1), kernel(1, 9), vector(9, 'bias')]],
    ),
  'conv2d by Winograd': () =>
    grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), [image(2, 13, 16), kernel(16, 24)]),
  'batch norm, pooling, dense, dropout': () =>
    grads(
      (x, scale, offset, w) => {
        const { y } = batchNormTraining(x as tf.Tensor4D, {
          scale: scale as tf.Tensor1D,
          offset: offset as tf.Tensor1D,
        });
        const pooled = dropout(tf.reshape(tf.maxPool(y, 2, 2, 'valid'), [3, -1]), 0.5, 7);
        return dense(pooled as tf.Tensor2D, { kernel: w as tf.Tensor2D });
      },
      [image(3, 8, 6), vector(6, 'scale'), vector(6, 'offset'), tf.tensor(values(96 * 5, 'w'), [96, 5])],
    ),
  losses: () =>
    grads(
      (s) => {
        const targets = tf.softmax(tf.tensor2d(values(42, 'targets'), [6, 7]));
        return tf.add(softmaxCrossEntropy(s as tf.Tensor2D, targets), squaredHinge(s as tf.Tensor2D, targets));
      },
      [tf.tensor2d(values(42, 'scores'), [6, 7])],
    ),
  adamStep: () => {
    const w = tf.variable(vector(101, 'w'));
    const moments = { first: tf.variable(tf.zeros([101])), second: tf.variable(tf.zeros([101])) };
    for (let step = 1; step < 4; step++) adamStep(w, vector(101, `g${step}`), moments, { learningRate: 0.01, step });
    return w;
  },
};

async function run(): Promise<object> {
  const setup = await useWasm({ threads: 2 });
  const errors: Record<string, number> = {};
  for (const [name, op] of Object.entries(cases)) {
    const expected = await onCpu(op);
    errors[name] = Math.max(...read(op).map((actual, i) => relativeError(actual, expected[i])));
  }
  return { ...setup, isolated: crossOriginIsolated, errors };
}

run()
  .catch((error) => ({ error: String(error?.stack ?? error) }))
  .then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
