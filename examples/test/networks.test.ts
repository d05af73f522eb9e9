import * as tf from '@tensorflow/tfjs-core';
import {
  backbones,
  gradCam,
  type LayersBackbone,
  layersBackboneLoader,
  miniXception,
  resNet,
  toLayersModel,
} from 'fer-backbones';
import { loadClassifier, memoryFolder, pipe, saveClassifier } from 'fer-core';
import { syntheticFaces } from 'fer-data';
import { heads, linearL2SVM, nystroem, rbfSVM, softmax, softmaxFromLayer } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useWasm({ threads: 1 }));

const train = syntheticFaces({ n: 70, seed: 1 });
const test = syntheticFaces({ n: 21, seed: 2 });

const NETWORKS: Readonly<Record<string, () => LayersBackbone>> = {
  miniXception: () => miniXception({ seed: 1 }),
  resNet: () => resNet({ width: 4, blocks: [1, 1, 1], squeezeExcite: true, seed: 1 }),
};

const HEADS = {
  softmax: () => softmax(),
  'linear L2-SVM': () => linearL2SVM(),
  'rbf SVM': () => rbfSVM(),
  Nyström: () => nystroem(linearL2SVM(), { components: 16 }),
};

describe.each(Object.entries(NETWORKS))('%s', (_, create) => {
  it('trains through fit, pairs with every head, is saved and loaded, exported and explained', async () => {
    const before = tf.memory().numTensors;
    const backbone = create();
    const { history } = await backbone.fit(train, { epochs: 1, batchSize: 35, seed: 1 });
    expect(Number.isFinite(history[0].loss)).toBe(true);
    for (const [name, make] of Object.entries(HEADS)) {
      const classifier = pipe(backbone, make());
      await classifier.fit(train, train);
      const folder = memoryFolder();
      await saveClassifier(classifier, folder);
      const loaded = await loadClassifier(folder, { backbones, heads });
      expect([...(await loaded.predict(test))], name).toEqual([...(await classifier.predict(test))]);
      loaded.dispose();
    }
    const classifier = pipe(backbone.withViews('flip'), softmaxFromLayer(backbone.layer!));
    const model = await toLayersModel(classifier);
    const expected = await classifier.decisionFunction(test);
    tf.tidy(() => {
      const pixels = tf.tensor4d(Float32Array.from(test.images), [test.n, 48, 48, 1]);
      const scores = (model.predict(pixels) as tf.Tensor).dataSync();
      scores.forEach((score, i) => void expect(Math.abs(score - expected.data[i])).toBeLessThan(1e-4));
    });
    model.dispose();
    const maps = await gradCam(backbone, backbone.layer!, test);
    expect(maps.data).toHaveLength(test.n * 48 * 48);
    const again = await layersBackboneLoader.load(await backbone.serialize());
    expect([...(await again.transform(test)).data]).toEqual([...(await backbone.transform(test)).data]);
    for (const made of [again, backbone]) made.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
