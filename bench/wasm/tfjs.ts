/** tfjs as published. First argument: its backend, `wasm` or `cpu`; inference alone, since wasm can't train. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { answer } from '../contestant.js';
import { NETWORKS } from './networks.js';

await tf.setBackend(process.argv[2]);

await answer(async ({ what, network, batch }) => {
  if (what === 'sgemm') {
    const [a, b] = [0, 1].map((i) => tf.randomNormal([batch, batch], 0, 1, 'float32', i) as tf.Tensor2D);
    return async () => {
      const product = tf.matMul(a, b);
      await product.data();
      product.dispose();
      return 2 * batch ** 3;
    };
  }
  if (what !== 'infer') return undefined;
  const { build, channels } = NETWORKS[network];
  const model = build();
  const x = tf.randomUniform([batch, 48, 48, channels], 0, 1, 'float32', 1);
  return async () => {
    const features = model.predict(x) as tf.Tensor;
    await features.data();
    features.dispose();
    return batch;
  };
});
