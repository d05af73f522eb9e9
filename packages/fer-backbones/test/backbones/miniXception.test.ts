import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersBackboneLoader, miniXception, sgd } from '../../src/index.js';
import { forward } from '../../src/network/forward.js';
import { planOf } from '../../src/network/plan.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';

beforeAll(() => useWasm({ threads: 1 }));

describe('miniXception', () => {
  it('has the parameters of the original', () => {
    const backbone = miniXception({ size: 64 });
    expect(backbone.outputSize).toBe(9 * 128);
    expect(backbone.countParams() + 9 * 128 * 7 + 7).toBe(58_423);
    expect(backbone.model.getLayer('module4_add').outputShape).toEqual([null, 4, 4, 128]);
    backbone.dispose();
  });

  it('ends in features of which a 3×3 convolution under global average pooling is a linear layer', async () => {
    const backbone = miniXception({ seed: 3 });
    const faces = patches(3, 48);
    const features = await backbone.transform(faces);
    tf.tidy(() => {
      const maps = tf.tensor(features.data, [3, 1152]);
      const kernel = tf.randomNormal([3, 3, 128, 7], 0, 1, 'float32', 1) as tf.Tensor4D;
      const linear = tf.matMul(maps, tf.reshape(kernel, [1152, 7]));
      const last = lastMaps(backbone, faces);
      const pooled = tf.mean(tf.conv2d(last, kernel, 1, 'same'), [1, 2]);
      const scale = tf.max(tf.abs(pooled)).dataSync()[0];
      expect(tf.max(tf.abs(tf.sub(linear, pooled))).dataSync()[0] / scale).toBeLessThan(1e-5);
    });
    backbone.dispose();
  });

  it('learns, and is saved and loaded', async () => {
    const before = tf.memory().numTensors;
    const backbone = miniXception({ size: 24, seed: 1 });
    const { history } = await backbone.fit(patches(48, 24), {
      epochs: 5,
      batchSize: 8,
      optimizer: sgd(),
      learningRate: 3e-2,
      validation: patches(24, 24, 1),
    });
    expect(history[4].validationAccuracy).toBeGreaterThan(0.9);
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    expect(loaded.preprocessing).toEqual(backbone.preprocessing);
    const faces = patches(5, 24, 2);
    expect([...(await loaded.transform(faces)).data]).toEqual([...(await backbone.transform(faces)).data]);
    for (const made of [backbone, loaded]) made.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

function lastMaps(backbone: ReturnType<typeof miniXception>, faces: ReturnType<typeof patches>): tf.Tensor4D {
  const plan = planOf(backbone.model);
  const position = plan.steps.findIndex(({ layer }) => layer.name === 'window_means_pad');
  const x = toTensor(faces, [0, faces.n], backbone.preprocessing);
  return forward(backbone.model, x, { training: false, until: position }) as tf.Tensor4D;
}
