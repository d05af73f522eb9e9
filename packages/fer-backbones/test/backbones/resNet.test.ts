import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LayersBackbone, layersBackboneLoader, resNet, sgd } from '../../src/index.js';
import { patches } from '../data.js';

beforeAll(() => useWasm({ threads: 1 }));

describe('resNet', () => {
  it('has the parameters and multiply-adds that its documentation says', () => {
    const multiplyAdds = ({ model, outputSize }: LayersBackbone) =>
      model.layers
        .filter((layer) => layer.getClassName() === 'Conv2D')
        .reduce((sum, layer) => {
          const [, height, width] = layer.outputShape as number[];
          return sum + height * width * layer.countParams();
        }, outputSize * 7);
    const backbone = resNet();
    expect(backbone.outputSize).toBe(128);
    expect(backbone.countParams() + 128 * 7 + 7).toBe(703_191);
    expect(multiplyAdds(backbone) / 1e6).toBeCloseTo(78.2, 1);
    const half = resNet({ width: 32, blocks: [3, 2, 2], stemStride: 2 });
    expect(multiplyAdds(half) / 1e6).toBeCloseTo(69.8, 1);
    for (const made of [backbone, half]) made.dispose();
  });

  it('has as many blocks, channels and gates as asked for', () => {
    const backbone = resNet({ width: 4, blocks: [1, 3], squeezeExcite: true, dropout: 0.2, size: 40, channels: 3 });
    const names = backbone.model.layers.map(({ name }) => name);
    expect(names.filter((name) => name.endsWith('_add'))).toEqual([
      'stage1_block1_add',
      'stage2_block1_add',
      'stage2_block2_add',
      'stage2_block3_add',
    ]);
    expect(names.filter((name) => name.endsWith('_se_scale'))).toHaveLength(4);
    expect(names.filter((name) => name.endsWith('shortcut_conv'))).toEqual(['stage2_block1_shortcut_conv']);
    expect(names.at(-1)).toBe('dropout');
    expect(backbone.outputSize).toBe(8);
    expect(backbone.model.getLayer('stage2_block1_conv1').outputShape).toEqual([null, 20, 20, 8]);
    expect(backbone.preprocessing).toMatchObject({ height: 40, channels: 3 });
    backbone.dispose();
  });

  it('works at half the resolution after a stem of stride 2', () => {
    const [whole, half] = [resNet({ width: 4, blocks: [1, 1] }), resNet({ width: 4, blocks: [1, 1], stemStride: 2 })];
    expect(half.countParams()).toBe(whole.countParams());
    expect(half.model.getLayer('stem_conv').outputShape).toEqual([null, 24, 24, 4]);
    expect(half.model.getLayer('stage2_block1_add').output).toMatchObject({ shape: [null, 12, 12, 8] });
    expect(() => resNet({ stemStride: 3 as never })).toThrow('stemStride is 3: give 1 or 2.');
    for (const made of [whole, half]) made.dispose();
  });

  it('draws its kernels by its seed, with the variance of He et al.', () => {
    const weights = (seed: number) => {
      const backbone = resNet({ width: 16, blocks: [1], seed });
      const kernel = Array.from(backbone.model.getLayer('stage1_block1_conv1').getWeights()[0].dataSync());
      backbone.dispose();
      return kernel;
    };
    const first = weights(1);
    expect(weights(1)).toEqual(first);
    expect(weights(2)).not.toEqual(first);
    const variance = first.reduce((sum, value) => sum + value * value, 0) / first.length;
    expect(variance / (2 / (9 * 16))).toBeGreaterThan(0.9);
    expect(variance / (2 / (9 * 16))).toBeLessThan(1.1);
  });

  it('learns, and is saved and loaded', async () => {
    const before = tf.memory().numTensors;
    const backbone = resNet({ width: 8, blocks: [1, 1], squeezeExcite: true, size: 16, seed: 1 });
    const { history } = await backbone.fit(patches(48, 16), {
      epochs: 6,
      batchSize: 8,
      optimizer: sgd(),
      learningRate: 2e-2,
      validation: patches(24, 16, 1),
    });
    expect(history[5].validationAccuracy).toBeGreaterThan(0.9);
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    const faces = patches(5, 16, 2);
    expect([...(await loaded.transform(faces)).data]).toEqual([...(await backbone.transform(faces)).data]);
    for (const made of [backbone, loaded]) made.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('follows the cpu backend over twenty training steps', async () => {
    const train = async (backend: string) => {
      await tf.setBackend(backend);
      const backbone = resNet({ width: 4, blocks: [1, 1], squeezeExcite: true, size: 12, seed: 2 });
      const losses: number[] = [];
      await backbone.fit(patches(80, 12), {
        epochs: 1,
        batchSize: 4,
        optimizer: sgd(),
        learningRate: 1e-2,
        onProgress: (event) => void (event.kind === 'step' && losses.push(event.loss)),
      });
      const weights = backbone.model.getWeights().flatMap((weight) => [...weight.dataSync()]);
      backbone.dispose();
      return { losses, weights };
    };
    const [ours, reference] = [await train('wasm'), await train('cpu')];
    expect(ours.losses).toHaveLength(20);
    ours.losses.forEach((loss, i) => void expect(Math.abs(loss - reference.losses[i])).toBeLessThan(1e-4));
    ours.weights.forEach((weight, i) => void expect(Math.abs(weight - reference.weights[i])).toBeLessThan(1e-4));
    await tf.setBackend('wasm');
  });

  it.each([{ width: 0 }, { width: 1.5 }, { blocks: [] }, { blocks: [1, 0] }, { dropout: 1 }, { size: -1 }])(
    'refuses %j',
    (options) => {
      const before = tf.memory().numTensors;
      expect(() => resNet(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
