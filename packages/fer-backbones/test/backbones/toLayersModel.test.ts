import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
import { type FeatureMatrix, FerError, type Head, type Images, type LinearLayer, pipe, Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { LayersBackbone, toLayersModel } from '../../src/index.js';
import { disposeModel } from '../../src/network/disposal.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';
import { GRAPH_INPUT, graphs } from '../network/graphs.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 1 }));

const test = patches(30, 12, 1);
const random = new Random(3);
const layer: LinearLayer = {
  weights: { data: Float32Array.from({ length: 48 }, () => random.normal()), rows: 16, columns: 3 },
  bias: Float32Array.of(0.5, -1, 2),
  classes: ['a', 'b', 'c'],
};

/** What a linear head is to the function: scores, calculated apart in float64, and the layer they come from. */
function linear({ weights, bias, classes }: LinearLayer): Head & { toLayer(): LinearLayer } {
  const decisionFunction = async ({ data, rows, columns: d }: FeatureMatrix) => {
    const k = bias.length;
    const scores = Float32Array.from({ length: rows * k }, (_, at) => {
      let sum = bias[at % k];
      for (let j = 0; j < d; j++) sum += data[Math.floor(at / k) * d + j] * weights.data[j * k + (at % k)];
      return sum;
    });
    return { data: scores, rows, columns: k };
  };
  const unused = () => Promise.reject(new Error('not needed here'));
  const toLayer = () => ({ weights, bias, classes });
  return { classes, decisionFunction, toLayer, fit: unused, predict: unused, serialize: unused, dispose: () => {} };
}

/** Bytes as floats, with nothing done to them. */
const pixels = () => tf.tensor4d(Float32Array.from(test.images), [30, 12, 12, 1]);

async function save(model: LayersModel) {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  // Through JSON, as a file would go.
  const { modelTopology, weightSpecs } = JSON.parse(JSON.stringify({ ...saved, weightData: undefined }));
  return { modelTopology, weightSpecs, weightData: tf.io.CompositeArrayBuffer.join(saved!.weightData) };
}

describe('toLayersModel', () => {
  it('takes pixels and gives the scores of the classifier, also saved and loaded by plain tfjs', async () => {
    const backbone = smallBackbone();
    const classifier = pipe(backbone, linear(layer));
    const expected = await classifier.decisionFunction(test);
    const before = tf.memory().numTensors;
    const fused = await toLayersModel(classifier);
    const loaded = await loadLayersModel(tf.io.fromMemory(await save(fused)));
    for (const model of [fused, loaded]) {
      tf.tidy(() => {
        const scores = (model.predict(pixels()) as tf.Tensor).dataSync();
        expect(scores).toHaveLength(90);
        scores.forEach((score, i) => void expect(Math.abs(score - expected.data[i])).toBeLessThan(1e-5));
      });
      model.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
    // The classifier has kept its own weights.
    expect(await classifier.decisionFunction(test)).toEqual(expected);
    backbone.dispose();
  });

  const colour = { height: 12, width: 12, channels: 3 };
  const values = { scale: [1, 0.5, 2], offset: [-103.9, -116.8, 3] };

  it.each([
    ['standardised images', () => smallBackbone(2, 'standardise')],
    ['scaled and shifted pixels', () => smallBackbone(2, { scale: 1 / 127.5, offset: -1 })],
    ['channels scaled each by itself', () => new LayersBackbone('rgb', rgb(), { ...colour, values })],
    ['an image and its mirror image', () => smallBackbone(2, 'standardise').withViews('flip')],
    ['a graph and two views', () => new LayersBackbone('g', graphs.residual(), GRAPH_INPUT).withViews('flip')],
    ['shared layers', () => new LayersBackbone('g', graphs['a model inside, called twice'](), GRAPH_INPUT)],
  ])('gives the scores of a classifier of %s, from pixels and from what the backbone is fed', async (_, create) => {
    const backbone = create();
    const { outputSize, preprocessing } = backbone;
    const images = faces(preprocessing.channels);
    const random = new Random(4);
    const weights = Float32Array.from({ length: outputSize * 3 }, () => random.normal());
    const head = linear({ ...layer, weights: { data: weights, rows: outputSize, columns: 3 } });
    const classifier = pipe(backbone, head);
    const expected = (await classifier.decisionFunction(images)).data;
    const largest = expected.reduce((most, score) => Math.max(most, Math.abs(score)), 1);
    const before = tf.memory().numTensors;
    for (const input of ['pixels', 'preprocessed'] as const) {
      const fused = await toLayersModel(classifier, { input });
      const loaded = await loadLayersModel(tf.io.fromMemory(await save(fused)));
      tf.tidy(() => {
        const bytes = Float32Array.from(images.images);
        const x =
          input === 'pixels'
            ? tf.tensor4d(bytes, [images.n, 12, 12, images.channels])
            : toTensor(images, [0, images.n], preprocessing);
        for (const model of [fused, loaded]) {
          const scores = (model.predict(x) as tf.Tensor).dataSync();
          expect(scores).toHaveLength(expected.length);
          scores.forEach((score, i) => void expect(Math.abs(score - expected[i]) / largest).toBeLessThan(2e-5));
        }
      });
      fused.dispose();
      disposeModel(loaded);
    }
    expect(tf.memory().numTensors).toBe(before);
    backbone.dispose();
  });

  it('refuses ten crops, which no layers make', async () => {
    const backbone = smallBackbone();
    const before = tf.memory().numTensors;
    await expect(toLayersModel(pipe(backbone.withViews('tenCrop'), linear(layer)))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('tenCrop'),
    });
    expect(tf.memory().numTensors).toBe(before);
    backbone.dispose();
  });

  it('refuses what it cannot fuse', async () => {
    const backbone = smallBackbone();
    const head = linear(layer);
    const narrow = linear({ ...layer, weights: { data: layer.weights.data.slice(0, 45), rows: 15, columns: 3 } });
    await expect(toLayersModel(pipe(backbone, narrow))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(toLayersModel(pipe(backbone, { ...head, toLayer: undefined } as Head))).rejects.toThrow(/not linear/);
    const other = { ...backbone, outputSize: 16, transform: fail } as never;
    await expect(toLayersModel(pipe(other, head))).rejects.toThrow(/LayersBackbone/);
    const unfitted = { ...head, toLayer: () => void fail() as never };
    await expect(toLayersModel(pipe(backbone, unfitted))).rejects.toMatchObject({ code: 'NOT_FITTED' });
    backbone.dispose();
  });
});

function fail(): never {
  throw new FerError('NOT_FITTED', 'the head has learned nothing yet: call fit first.');
}

/** Images with a nearly constant one and a constant one among them, whose deviation is below the least. */
function faces(channels: number): Images {
  const random = new Random('faces');
  const n = 6;
  const images = Uint8Array.from({ length: n * 144 * channels }, (_, i) => {
    const image = Math.floor(i / (144 * channels));
    if (image === 0) return 90;
    return image === 1 ? 100 + random.int(9) : random.int(256);
  });
  return { images, n, height: 12, width: 12, channels };
}

function rgb(): LayersModel {
  return sequential({
    layers: [
      layers.conv2d({ inputShape: [12, 12, 3], filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.flatten(),
    ],
  });
}
