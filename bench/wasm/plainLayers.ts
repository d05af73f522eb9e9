import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { Prepared } from '../contestant.js';
import { CHAINS } from './networks.js';

/** A network and a softmax layer as a typical tfjs project trains them: compiled, with tfjs' own optimiser. */
export function prepareLayers(network: string, batch: number): Prepared {
  const { build, channels } = CHAINS[network];
  const model = build();
  model.add(layers.layers.dense({ units: 7, activation: 'softmax' }));
  model.compile({ optimizer: tf.train.rmsprop(1e-6), loss: 'categoricalCrossentropy' });
  const x = tf.randomUniform([batch, 48, 48, channels], 0, 1, 'float32', 1);
  const y = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: batch }, (_, i) => i % 7),
      'int32',
    ),
    7,
  );
  return {
    async once() {
      await model.trainOnBatch(x, y);
      return batch;
    },
    dispose() {
      model.dispose();
      tf.dispose([x, y]);
    },
  };
}
