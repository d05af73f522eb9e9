import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { prefixFeatures, splitAt } from '../../src/features/prefix.js';
import { forward } from '../../src/network/forward.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));

const data = patches(150, 12);

async function trained() {
  const backbone = smallBackbone();
  // Moving averages other than 0 and 1.
  await backbone.fit(patches(8, 12), { epochs: 1, batchSize: 4 });
  return backbone;
}

/** Loss and gradients of a step from some images, or from what the frozen layers made of them. */
function step(backbone: ReturnType<typeof smallBackbone>, x: () => tf.Tensor, from: number) {
  const variables = backbone.model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return tf.tidy(() => {
    const { value, grads } = tf.variableGrads(() => {
      const features = forward(backbone.model, x(), { training: true, seed: 7, step: 3, from });
      return tf.mean(tf.square(features));
    }, variables);
    return [value.dataSync()[0], ...variables.map(({ name }) => grads[name].dataSync().slice())];
  });
}

describe('splitAt', () => {
  it('finds the first layer that trains, or takes the one named', () => {
    const { model } = smallBackbone();
    expect(splitAt(model)).toEqual({ position: 1, shape: [12, 12, 1] });
    const backbone = smallBackbone();
    backbone.freeze({ until: 'conv2d_1' });
    expect(splitAt(backbone.model)).toEqual({ position: 3, shape: [10, 10, 6] });
    expect(splitAt(backbone.model, 'batch_normalization')).toEqual({ position: 2, shape: [10, 10, 6] });
    expect(() => splitAt(backbone.model, 'dense')).toThrow('layer conv2d_1 comes before dense and trains');
    expect(() => splitAt(backbone.model, 'dense_7')).toThrow('no layer dense_7');
    backbone.freeze();
    expect(splitAt(backbone.model)).toEqual({ position: 11, shape: [16] });
  });
});

describe('prefixFeatures', () => {
  it.each(['conv2d_1', 'flatten', 'dense'])('trains the same from %s on, to the bit', async (until) => {
    const backbone = await trained();
    backbone.freeze({ until });
    const split = splitAt(backbone.model);
    const store = await prefixFeatures(backbone, split, [data], data.n);
    const rows = [3, 149, 77, 4, 3];
    const images = tf.tidy(() => tf.gather(toTensor(data, [0, data.n], backbone.preprocessing), rows));
    const cached = step(backbone, () => tf.tensor(store.read(rows), [rows.length, ...split.shape]), split.position);
    expect(cached).toEqual(step(backbone, () => images, 0));
    expect(cached.length).toBeGreaterThan(2);
    images.dispose();
    backbone.dispose();
  });

  it('numbers the rows of several passes through, and reports its progress', async () => {
    const backbone = await trained();
    backbone.freeze({ until: 'flatten' });
    const before = tf.memory().numTensors;
    const other = patches(20, 12, 5);
    const done: number[] = [];
    async function* passes() {
      yield data;
      yield other;
    }
    const store = await prefixFeatures(backbone, splitAt(backbone.model), passes(), 170, {
      type: 'float16',
      onProgress: (event) => void (event.kind === 'transform' && done.push(event.done)),
    });
    const alone = await prefixFeatures(backbone, splitAt(backbone.model), [other], 20);
    const exact = alone.read([6]);
    store.read([156]).forEach((value, i) => {
      expect(Math.abs(value - exact[i])).toBeLessThanOrEqual(Math.abs(exact[i]) * 2 ** -11 + 2 ** -25);
    });
    expect(done).toEqual([64, 128, 150, 170]);
    expect(tf.memory().numTensors).toBe(before);
    backbone.dispose();
  });

  it('refuses what does not fit, and stops at an abort', async () => {
    const backbone = smallBackbone();
    backbone.freeze();
    const split = splitAt(backbone.model);
    const run = (n: number, options = {}) => prefixFeatures(backbone, split, [data], n, options);
    await expect(run(149)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(run(151)).rejects.toThrow('150 of 151 rows');
    await expect(run(150, { memoryLimit: 10 })).rejects.toThrow('memoryLimit');
    await expect(run(150, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    backbone.dispose();
  });

  it('leaves no tensor where the store fails', async () => {
    const backbone = smallBackbone();
    backbone.freeze();
    const before = tf.memory().numTensors;
    const spill = async () => ({
      append: () => Promise.reject(new Error('the disk is full')),
      finish: () => Promise.reject(new Error('not reached')),
      abort: async () => {},
    });
    const run = prefixFeatures(backbone, splitAt(backbone.model), [data], data.n, { memoryLimit: 0, spill });
    await expect(run).rejects.toThrow('the disk is full');
    expect(tf.memory().numTensors).toBe(before);
    backbone.dispose();
  });
});
