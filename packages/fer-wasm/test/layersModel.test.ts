import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import { relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

/** An ordinary model with every layer kind that upstream's WASM backend can't train, its weights fixed. */
function build(): layers.Sequential {
  const { conv2d, batchNormalization, maxPooling2d, dropout, flatten, dense } = layers.layers;
  const model = layers.sequential({
    layers: [
      conv2d({ inputShape: [12, 12, 1], filters: 16, kernelSize: 3, activation: 'relu' }),
      batchNormalization(),
      conv2d({ filters: 16, kernelSize: 3, padding: 'same', strides: 2 }),
      maxPooling2d({ poolSize: 2 }),
      dropout({ rate: 0.2, seed: 1 }),
      flatten(),
      dense({ units: 3, activation: 'softmax' }),
    ],
  });
  const weights = model
    .getWeights()
    .map((w, i) => (w.rank > 1 ? tf.mul(tf.tensor(values(w.size, `w${i}`), w.shape), 0.2) : w));
  model.setWeights(weights);
  return model;
}

/** Weights after some epochs of tfjs-layers' own `fit`. */
async function fitted(optimizer: 'adam' | 'rmsprop' | 'sgd'): Promise<{ losses: number[]; weights: Float32Array }> {
  const model = build();
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const x = tf.tensor(values(24 * 144, 'x'), [24, 12, 12, 1]);
  const y = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: 24 }, (_, i) => i % 3),
      'int32',
    ),
    3,
  );
  const { history } = await model.fit(x, y, { epochs: 4, batchSize: 8, shuffle: false, verbose: 0 });
  const weights = model.getWeights().flatMap((w) => Array.from(w.dataSync()));
  model.dispose();
  return { losses: history.loss as number[], weights: Float32Array.from(weights) };
}

describe("tfjs-layers' own fit", () => {
  it.each(['adam', 'rmsprop', 'sgd'] as const)(
    'trains an ordinary model with %s, as on the cpu backend',
    async (optimizer) => {
      const actual = await fitted(optimizer);
      await tf.setBackend('cpu');
      const expected = await fitted(optimizer);
      await tf.setBackend('wasm');
      expect(expected.losses[3]).toBeLessThan(expected.losses[0]);
      actual.losses.forEach((loss, i) => {
        expect(Math.abs(loss - expected.losses[i]) / expected.losses[i]).toBeLessThan(1e-3);
      });
      expect(relativeError(actual.weights, expected.weights)).toBeLessThan(5e-3);
    },
  );
});
