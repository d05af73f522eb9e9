import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersBackboneLoader, shallowCnn } from '../../src/index.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));

const test = patches(30, 12, 1);

describe('transform', () => {
  it('gives a row of features an image, whatever the batches', async () => {
    const backbone = smallBackbone();
    const many = { ...patches(300, 12, 2) };
    const all = await backbone.transform(many);
    expect(all).toMatchObject({ rows: 300, columns: 16 });
    const few = { ...many, n: 3, images: many.images.slice(297 * 144), labels: many.labels.slice(297) };
    expect((await backbone.transform(few)).data).toEqual(all.data.slice(297 * 16));
    backbone.dispose();
  });

  it('takes no images at all', async () => {
    const backbone = smallBackbone();
    const features = await backbone.transform({ ...test, n: 0, images: new Uint8Array(0) });
    expect(features).toEqual({ data: new Float32Array(0), rows: 0, columns: 16 });
    backbone.dispose();
  });

  it('refuses images of another size, and stops at an abort', async () => {
    const backbone = smallBackbone();
    await expect(backbone.transform(patches(2, 13))).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(backbone.transform(test, { signal })).rejects.toThrow('enough');
    backbone.dispose();
  });
});

describe('serialize', () => {
  it('is read back to the same features, with its preprocessing', async () => {
    const backbone = smallBackbone(4, 'standardise');
    await backbone.fit(patches(30, 12), { epochs: 1 });
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    expect(loaded.preprocessing).toEqual(backbone.preprocessing);
    expect(loaded.architecture).toBe('small');
    expect((await loaded.transform(test)).data).toEqual((await backbone.transform(test)).data);
    loaded.dispose();
    backbone.dispose();
  });

  it('holds a model.json that plain tfjs loads', async () => {
    const backbone = smallBackbone();
    const { files } = await backbone.serialize();
    const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files.get('model.json')));
    const weightSpecs = weightsManifest.flatMap(({ weights }: { weights: object[] }) => weights);
    expect(weightsManifest[0].paths).toEqual(['weights.bin']);
    const weightData = files.get('weights.bin')!.slice().buffer;
    const model = await loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
    const expected = await backbone.transform(test);
    tf.tidy(() => {
      const features = (model.predict(toTensor(test, [0, 30], backbone.preprocessing)) as tf.Tensor).dataSync();
      features.forEach((value, i) => {
        expect(value).toBeCloseTo(expected.data[i], 5);
      });
    });
    model.dispose();
    backbone.dispose();
  });

  it('takes two bytes a weight once they are rounded, and gives the same features', async () => {
    const backbone = smallBackbone(4);
    await backbone.fit(patches(30, 12), { epochs: 1 });
    const whole = await backbone.serialize();
    const before = await backbone.transform(test);
    backbone.roundToHalf();
    const part = await backbone.serialize();
    expect(part.files.get('weights.bin')!.length * 2).toBe(whole.files.get('weights.bin')!.length);
    const rounded = await backbone.transform(test);
    expect(rounded.data).not.toEqual(before.data);
    rounded.data.forEach((value, i) => {
      expect(Math.abs(value - before.data[i])).toBeLessThan(0.02);
    });
    const loaded = await layersBackboneLoader.load(part);
    expect((await loaded.transform(test)).data).toEqual(rounded.data);
    expect((await loaded.serialize()).files).toEqual(part.files);
    await loaded.fit(patches(30, 12), { epochs: 1 });
    expect((await loaded.serialize()).files.get('weights.bin')).toHaveLength(whole.files.get('weights.bin')!.length);
    loaded.dispose();
    backbone.dispose();
  });

  it.each([
    ['no preprocessing', { architecture: 'small' }],
    [
      'images of another size',
      { architecture: 'small', preprocessing: { height: 8, width: 8, channels: 1, values: 'scale' } },
    ],
    ['unknown values', { architecture: 'small', preprocessing: { height: 12, width: 12, channels: 1, values: 'x' } }],
  ])('is refused with %s', async (_, config) => {
    const backbone = smallBackbone();
    const part = await backbone.serialize();
    await expect(layersBackboneLoader.load({ ...part, config })).rejects.toMatchObject({ code: 'CORRUPT' });
    backbone.dispose();
  });

  it('is refused where model.json or its weights are not what they were', async () => {
    const backbone = smallBackbone();
    const part = await backbone.serialize();
    for (const files of [
      new Map([...part.files, ['model.json', new TextEncoder().encode('{}')]] as const),
      new Map([...part.files, ['weights.bin', new Uint8Array(10)]] as const),
      new Map([['model.json', part.files.get('model.json')!]]),
    ]) {
      await expect(layersBackboneLoader.load({ ...part, files })).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    backbone.dispose();
  });
});

describe('shallowCnn', () => {
  it('has the parameters and the layers of the original', () => {
    const backbone = shallowCnn();
    const top = 1024 * 7 + 7;
    expect(backbone.countParams() + top).toBe(1_327_975);
    const trainable = backbone.model.trainableWeights.reduce(
      (sum, weight) => sum + (weight.read() as tf.Tensor).size,
      0,
    );
    expect(trainable + top).toBe(1_327_335);
    expect(backbone.model.layers.find((layer) => layer.getClassName() === 'Conv2D')?.countParams()).toBe(320);
    expect(backbone.model.layers.at(-1)?.countParams()).toBe(1_180_672);
    expect(backbone.outputSize).toBe(1024);
    const order = backbone.model.layers.map((layer) => layer.getClassName().replace(/2D|ing|Normalization/g, ''));
    expect(order.join(' ')).toBe(
      'InputLayer Conv Batch Conv Batch MaxPool Dropout Conv Batch Conv Batch MaxPool Dropout Conv Batch MaxPool Flatten Dropout Dense',
    );
    backbone.dispose();
  });

  it('begins with weights that its seed decides', async () => {
    const image = patches(1, 48);
    const features = [];
    for (const seed of [1, 1, 2]) {
      const backbone = shallowCnn({ seed });
      features.push((await backbone.transform(image)).data);
      backbone.dispose();
    }
    expect(features[0]).toEqual(features[1]);
    expect(features[0]).not.toEqual(features[2]);
  });
});
