import * as tf from '@tensorflow/tfjs-core';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { compactVgg, type LayersBackbone, miniXception, resNet, shallowCnn } from 'fer-backbones';
import { Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '../../src/index.js';
import { decodeModel } from '../../src/model/protobuf.js';
import { largestDifference } from '../difference.js';
import { apply, backboneOf, noise, randomBackbone, randomise } from '../networks.js';
import { runOnnx } from '../run.js';

beforeAll(() => useWasm({ threads: 2 }));

/**
 * The largest difference between the features of an exported backbone and the original, relative to the largest feature
 * (at least 1).
 */
async function difference(backbone: LayersBackbone, n: number): Promise<number> {
  const { height, width, channels } = backbone.preprocessing;
  const faces = noise(n, height, width, channels);
  const tensors = tf.memory().numTensors;
  const model = await exportOnnx(backbone);
  expect(tf.memory().numTensors).toBe(tensors);
  const { features } = await runOnnx(model, faces);
  const own = await backbone.transform(faces);
  backbone.dispose();
  expect([features.rows, features.columns]).toEqual([n, own.columns]);
  return largestDifference(features.data, own.data) / Math.max(1, ...own.data.map(Math.abs));
}

it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('random network %i gives the same features', async (seed) => {
  expect(await difference(randomBackbone(seed), 50)).toBeLessThan(1e-4);
});

describe('the networks of fer-backbones', () => {
  const networks: Readonly<Record<string, () => LayersBackbone>> = {
    resNet: () => resNet(),
    'resNet with squeeze and excitation': () => resNet({ squeezeExcite: true }),
    miniXception: () => miniXception(),
    shallowCnn: () => shallowCnn(),
    'compactVgg, averaged': () => compactVgg({ widths: [4, 6], features: 'average' }),
  };
  it.each(Object.keys(networks))('%s gives the same features', async (name) => {
    const backbone = networks[name]();
    randomise(backbone.model, new Random(name));
    expect(await difference(backbone, 2)).toBeLessThan(1e-4);
  });
});

describe('single layers', () => {
  const image = (layer: layers.Layer) => (x: SymbolicTensor) => apply(layers.flatten(), apply(layer, x));
  const row = (layer: layers.Layer) => (x: SymbolicTensor) => apply(layer, apply(layers.flatten(), x));
  const cases: Readonly<Record<string, () => (x: SymbolicTensor) => SymbolicTensor>> = {
    'ReLU with a largest value': () => image(layers.reLU({ maxValue: 0.5 })),
    ELU: () => image(layers.elu()),
    ThresholdedReLU: () => image(layers.thresholdedReLU({ theta: 0.3 })),
    'PReLU of every place': () => image(layers.prelu()),
    Softmax: () => row(layers.softmax()),
    LayerNormalization: () => image(layers.layerNormalization({ axis: [-2, -1] })),
    'LayerNormalization of a row, without offset': () => row(layers.layerNormalization({ center: false })),
    Rescaling: () => image(layers.rescaling({ scale: 2, offset: -1 })),
    Permute: () => image(layers.permute({ dims: [3, 1, 2] })),
    UpSampling2D: () => image(layers.upSampling2d({ size: [2, 3] })),
    'Dense on images': () => image(layers.dense({ units: 4, activation: 'logSoftmax' as 'softmax' })),
    'BatchNormalization of rows': () => row(layers.batchNormalization()),
    'BatchNormalization behind Dense': () => (x) => {
      const dense = apply(layers.dense({ units: 5, useBias: false }), apply(layers.flatten(), x));
      return apply(layers.activation({ activation: 'tanh' }), apply(layers.batchNormalization(), dense));
    },
    'Concatenate along the rows': () => (x) => {
      const pooled = apply(layers.maxPooling2d({ poolSize: 1 }), x);
      return apply(layers.flatten(), apply(layers.concatenate({ axis: 1 }), [x, pooled]));
    },
    'Minimum of features': () => (x) => {
      const all = apply(layers.flatten(), x);
      return apply(layers.minimum(), [all, apply(layers.activation({ activation: 'sigmoid' }), all)]);
    },
    'Dropout and noise, which do nothing in inference': () => (x) => {
      const dropped = apply(layers.gaussianNoise({ stddev: 1 }), apply(layers.dropout({ rate: 0.5 }), x));
      return apply(layers.flatten(), dropped);
    },
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    expect(await difference(backboneOf([5, 7, 3], cases[name]()), 4)).toBeLessThan(1e-5);
  });
});

it('folds a batch normalisation into the convolution before it, and into nothing else', async () => {
  const build = (between: (x: SymbolicTensor) => SymbolicTensor) => (x: SymbolicTensor) => {
    const made = between(apply(layers.conv2d({ filters: 2, kernelSize: 3 }), x));
    return apply(layers.flatten(), apply(layers.batchNormalization(), made));
  };
  const operators = async (backbone: LayersBackbone) => {
    const { graph } = decodeModel(await exportOnnx(backbone));
    backbone.dispose();
    return graph!.node!.map(({ opType }) => opType);
  };
  const folded = await operators(
    backboneOf(
      [6, 6, 1],
      build((x) => x),
    ),
  );
  expect(folded).toEqual(['Transpose', 'Div', 'Conv', 'Transpose', 'Flatten', 'Identity']);
  const apart = await operators(
    backboneOf(
      [6, 6, 1],
      build((x) => apply(layers.activation({ activation: 'relu' }), x)),
    ),
  );
  expect(apart).toContain('Relu');
  expect(apart.filter((operator) => operator === 'Mul' || operator === 'Add')).toHaveLength(2);
});

it('refuses a layer without a translation, by its name', async () => {
  const backbone = backboneOf([6, 6, 1], (x) => {
    const transposed = layers.conv2dTranspose({ filters: 2, kernelSize: 3, name: 'widen' });
    return apply(layers.flatten(), apply(transposed, x));
  });
  const tensors = tf.memory().numTensors;
  await expect(exportOnnx(backbone)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(/^layer widen \(Conv2DTranspose\) can't be exported/),
  });
  expect(tf.memory().numTensors).toBe(tensors);
  backbone.dispose();
});
