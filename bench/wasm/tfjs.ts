/**
 * tfjs as published. First argument: its backend, `wasm` or `cpu`. `wasm` can't train. `cpu` takes seconds per image,
 * so it gets two images, and neither VGG16's training nor single kernels.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { answer } from '../contestant.js';
import { prepareKernel } from './kernels.js';
import { CHAINS } from './networks.js';

const slow = process.argv[2] === 'cpu';
await tf.setBackend(process.argv[2]);

await answer(async ({ what, network, batch, kernel }) => {
  if (kernel) return slow ? undefined : prepareKernel(kernel);
  const timed = CHAINS[network];
  if (!timed || what === 'layers' || (what === 'train' && (!slow || network === 'VGG16'))) return undefined;
  const n = slow ? 2 : batch;
  const { build, channels } = timed;
  const model = build();
  if (what === 'train') model.add(layers.layers.dense({ units: 7, activation: 'softmax' }));
  model.compile({ optimizer: tf.train.rmsprop(1e-6), loss: 'categoricalCrossentropy' });
  const x = tf.randomUniform([n, 48, 48, channels], 0, 1, 'float32', 1);
  const y = tf.oneHot(tf.range(0, n, 1, 'int32'), 7);
  return {
    async once() {
      if (what === 'train') await model.trainOnBatch(x, y);
      else {
        const features = model.predict(x) as tf.Tensor;
        await features.data();
        features.dispose();
      }
      return n;
    },
    dispose() {
      model.dispose();
      tf.dispose([x, y]);
    },
  };
});
