import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { type FeatureMatrix, FerError, type Head, type LinearLayer, pipe, Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { toLayersModel } from '../../src/index.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));

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

  it('takes what the backbone would be fed where the preprocessing is no layer', async () => {
    const backbone = smallBackbone(2, 'standardise');
    const classifier = pipe(backbone, linear(layer));
    await expect(toLayersModel(classifier)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const model = await toLayersModel(classifier, { input: 'preprocessed' });
    const expected = await classifier.decisionFunction(test);
    tf.tidy(() => {
      const scores = (model.predict(toTensor(test, [0, 30], backbone.preprocessing)) as tf.Tensor).dataSync();
      scores.forEach((score, i) => void expect(Math.abs(score - expected.data[i])).toBeLessThan(1e-5));
    });
    model.dispose();
    backbone.dispose();
  });

  it('refuses what it cannot fuse', async () => {
    const backbone = smallBackbone();
    const head = linear(layer);
    const narrow = linear({ ...layer, weights: { data: layer.weights.data.slice(0, 45), rows: 15, columns: 3 } });
    await expect(toLayersModel(pipe(backbone, narrow))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(toLayersModel(pipe(backbone, { ...head, toLayer: undefined } as Head))).rejects.toThrow(/not linear/);
    await expect(toLayersModel(pipe({ ...backbone, outputSize: 16 } as never, head))).rejects.toThrow(/LayersBackbone/);
    const unfitted = { ...head, toLayer: () => void fail() as never };
    await expect(toLayersModel(pipe(backbone, unfitted))).rejects.toMatchObject({ code: 'NOT_FITTED' });
    backbone.dispose();
  });
});

function fail(): never {
  throw new FerError('NOT_FITTED', 'the head has learned nothing yet: call fit first.');
}
