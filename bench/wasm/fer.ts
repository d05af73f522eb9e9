/** Ours. First argument: threads. */
import * as tf from '@tensorflow/tfjs-core';
import { LayersBackbone } from 'fer-backbones';
import { useWasm } from 'fer-wasm';
import { answer } from '../contestant.js';
import { NETWORKS, noise } from './networks.js';

await useWasm({ threads: Number(process.argv[2]) });

await answer(async ({ what, network, batch }) => {
  if (what === 'sgemm') {
    const [a, b] = [0, 1].map((i) => tf.randomNormal([batch, batch], 0, 1, 'float32', i) as tf.Tensor2D);
    return async () => {
      tf.dispose(tf.matMul(a, b));
      return 2 * batch ** 3;
    };
  }
  const { build, channels } = NETWORKS[network];
  const backbone = new LayersBackbone(network, build(), { height: 48, width: 48, channels, values: 'scale' });
  const steps = 4;
  const data = noise(batch * steps, channels);
  const inference = noise(batch, channels);
  return async () => {
    if (what === 'train') await backbone.fit(data, { epochs: 1, batchSize: batch, learningRate: 1e-6 });
    else await backbone.transform(inference);
    return what === 'train' ? data.n : batch;
  };
});
