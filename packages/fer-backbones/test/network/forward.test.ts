import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { LayersBackbone, shallowCnn } from '../../src/index.js';
import { forward } from '../../src/network/forward.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
}

describe('forward', () => {
  it.each([
    ['a network of every layer kind', smallBackbone, 12],
    ['ShallowCNN', shallowCnn, 48],
  ])('computes what tfjs-layers computes: %s', async (_, create, size) => {
    const backbone = create();
    // Moving averages other than 0 and 1.
    await backbone.fit(patches(8, size), { epochs: 1, batchSize: 4 });
    tf.tidy(() => {
      const x = toTensor(patches(5, size, 1), [0, 5], backbone.preprocessing);
      const expected = (backbone.model.predict(x) as tf.Tensor).dataSync();
      const actual = forward(backbone.model, x, { training: false }).dataSync();
      expect(Math.max(...expected)).toBeGreaterThan(0);
      expect(largestDifference(actual, expected)).toBeLessThan(1e-5 * Math.max(1, ...expected));
    });
    backbone.dispose();
  });
});

describe('a network of one’s own', () => {
  const preprocessing = { height: 12, width: 12, channels: 1, values: 'scale' } as const;
  const first = { inputShape: [12, 12, 1], filters: 3, kernelSize: 3 };
  const top = () => [layers.flatten(), layers.dense({ units: 4 })];

  it.each([
    ['dilated', () => [layers.conv2d({ ...first, dilationRate: 2, padding: 'same' }), ...top()]],
    [
      'other activations',
      () => [layers.conv2d({ ...first, activation: 'tanh' }), layers.activation({ activation: 'elu' }), ...top()],
    ],
    [
      'a normalisation without scale',
      () => [layers.conv2d(first), layers.batchNormalization({ scale: false }), ...top()],
    ],
    [
      'a normalisation without offset',
      () => [layers.conv2d(first), layers.batchNormalization({ center: false }), ...top()],
    ],
    ['one inside it', () => [sequential({ layers: [layers.conv2d(first)] }), ...top()]],
    ['a dense layer of every pixel', () => [layers.conv2d(first), layers.dense({ units: 2 }), ...top()]],
    ['other layers', () => [layers.depthwiseConv2d(first), layers.globalAveragePooling2d({})]],
  ])('computes what tfjs-layers computes: %s', async (_, create) => {
    const backbone = new LayersBackbone('mine', sequential({ layers: create() }), preprocessing);
    const faces = patches(5, 12);
    const { data } = await backbone.transform(faces);
    const x = toTensor(faces, [0, 5], preprocessing);
    const expected = backbone.model.predict(x) as tf.Tensor;
    expect(largestDifference(data, expected.dataSync())).toBeLessThan(1e-5);
    tf.dispose([x, expected]);
    backbone.dispose();
  });

  it('trains, whatever its activation', async () => {
    const backbone = new LayersBackbone(
      'mine',
      sequential({
        layers: [
          layers.conv2d({ ...first, activation: 'tanh' }),
          layers.batchNormalization({ scale: false }),
          ...top(),
        ],
      }),
      preprocessing,
    );
    const kernel = backbone.model.getWeights()[0].dataSync().slice();
    const { history } = await backbone.fit(patches(32, 12), { epochs: 5, batchSize: 8, learningRate: 1e-2 });
    expect(history[4].loss).toBeLessThan(history[0].loss / 2);
    expect(largestDifference(backbone.model.getWeights()[0].dataSync(), kernel)).toBeGreaterThan(1e-3);
    backbone.dispose();
  });

  it.each([
    [
      'of two inputs',
      () => {
        const [a, b] = [0, 1].map(() => input({ shape: [12, 12, 1] }));
        const sum = layers.add().apply([a, b]) as SymbolicTensor;
        return model({ inputs: [a, b], outputs: layers.flatten().apply(sum) as SymbolicTensor });
      },
      /has 2 inputs and 1 outputs/,
    ],
    [
      'of other images',
      () => sequential({ layers: [layers.flatten({ inputShape: [8, 8, 1] })] }),
      /takes 8×8×1.* gives 12×12×1/,
    ],
    ['without a row of features', () => sequential({ layers: [layers.conv2d(first)] }), /gives 10×10×3.* flatten\(\)/],
  ])('is refused where it is one %s', (_, create, message) => {
    const make = () => new LayersBackbone('mine', create(), preprocessing);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
