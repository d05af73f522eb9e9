import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersBackboneLoader } from '../../src/backbones/layersBackbone.js';
import { forward } from '../../src/network/forward.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));

const weightsOf = (backbone: ReturnType<typeof smallBackbone>) =>
  backbone.model.layers.map((layer) => layer.getWeights().map((weight) => weight.dataSync().slice()));

describe('freeze', () => {
  it('keeps frozen weights and statistics to the bit, and trains the others', async () => {
    const backbone = smallBackbone();
    const before = weightsOf(backbone);
    backbone.freeze({ until: 'conv2d_1' });
    await backbone.fit(patches(30, 12), { epochs: 1, batchSize: 10 });
    const after = weightsOf(backbone);
    backbone.model.layers.forEach(({ name }, i) => {
      if (i < backbone.model.layers.findIndex((layer) => layer.name === 'conv2d_1'))
        expect(after[i]).toEqual(before[i]);
      else if (before[i].length > 0) expect([name, after[i]]).not.toEqual([name, before[i]]);
    });
    backbone.dispose();
  });

  it('runs frozen layers as in inference, also in training', () => {
    const backbone = smallBackbone();
    backbone.freeze();
    tf.tidy(() => {
      const x = toTensor(patches(4, 12), [0, 4], backbone.preprocessing);
      const trained = forward(backbone.model, x, { training: true, seed: 1 }).dataSync();
      expect(trained).toEqual(forward(backbone.model, x, { training: false }).dataSync());
      backbone.unfreeze();
      expect(trained).not.toEqual(forward(backbone.model, x, { training: true, seed: 1 }).dataSync());
    });
    backbone.dispose();
  });

  it('lets the gradient through frozen layers to those before them, as the cpu backend does', async () => {
    const losses: number[][] = [];
    for (const backend of ['wasm', 'cpu']) {
      await tf.setBackend(backend);
      const backbone = smallBackbone();
      const [kernel] = backbone.model.getLayer('conv2d').getWeights();
      const before = kernel.dataSync().slice();
      backbone.freeze({ from: 'batch_normalization', until: 'dense' });
      const { history } = await backbone.fit(patches(12, 12), { epochs: 3, batchSize: 6 });
      losses.push(history.map(({ loss }) => loss));
      expect(kernel.dataSync()).not.toEqual(before);
      backbone.dispose();
    }
    await tf.setBackend('wasm');
    losses[0].forEach((loss, i) => {
      expect(Math.abs(loss - losses[1][i]) / loss).toBeLessThan(1e-3);
    });
  });

  it('is saved with the backbone', async () => {
    const backbone = smallBackbone();
    backbone.freeze({ until: 'flatten' });
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    const flags = (of: typeof loaded) => of.model.layers.map(({ name, trainable }) => [name, trainable]);
    expect(flags(loaded)).toEqual(flags(backbone));
    for (const made of [backbone, loaded]) made.dispose();
  });
});
