import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { Progress } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersBackboneLoader, shallowCnn, type TrainOptions } from '../../src/index.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));

const test = patches(30, 12, 1);

describe('transform', () => {
  it('gives a row of features per image, whatever the batches', async () => {
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

describe('withViews', () => {
  it('shares the layer and the precision, both ways', async () => {
    const backbone = smallBackbone();
    const flipped = backbone.withViews('flip');
    await backbone.fit(patches(30, 12), { epochs: 1 });
    expect(flipped.layer).toBe(backbone.layer);
    flipped.roundToHalf();
    expect((await backbone.serialize()).config).toMatchObject({ half: true });
    expect((await flipped.serialize()).config).toMatchObject({ half: true, views: 'flip' });
    const { layer } = backbone;
    await flipped.fit(patches(30, 12), { epochs: 1 });
    expect(backbone.layer).toBe(flipped.layer);
    expect(backbone.layer).not.toBe(layer);
    // Weights in single precision are saved whole.
    expect((await backbone.serialize()).config).not.toHaveProperty('half');
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    expect((await loaded.transform(test)).data).toEqual((await backbone.transform(test)).data);
    loaded.dispose();
    backbone.dispose();
  });
});

describe('a refused or aborted fit', () => {
  it('keeps precision and layer where nothing has changed, and drops both where something has', async () => {
    const backbone = smallBackbone();
    await backbone.fit(patches(30, 12), { epochs: 1 });
    backbone.roundToHalf();
    const { layer } = backbone;
    const before = (await backbone.transform(test)).data;
    const refused: TrainOptions[] = [
      { epochs: 0 },
      { cacheFrozen: {} },
      { layer: { ...layer!, classes: ['x', 'y', 'z'] } },
      { signal: AbortSignal.abort(new Error('enough')) },
    ];
    for (const options of refused) {
      await expect(backbone.fit(patches(30, 12), options)).rejects.toThrow();
      expect(backbone.layer).toBe(layer);
      expect((await backbone.serialize()).config).toMatchObject({ half: true });
      expect((await backbone.transform(test)).data).toEqual(before);
    }
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) };
    await expect(backbone.fit(patches(30, 12), { ...options, batchSize: 10 })).rejects.toThrow('enough');
    expect(backbone.layer).toBeUndefined();
    expect((await backbone.serialize()).config).not.toHaveProperty('half');
    backbone.dispose();
  });
});

describe('roundToHalf', () => {
  it.each([65520, -1e30, NaN, Infinity])('refuses a weight of %d, and changes nothing', async (value) => {
    const backbone = smallBackbone();
    const layer = backbone.model.getLayer('dense');
    tf.tidy(() => {
      const [kernel, bias] = layer.getWeights();
      layer.setWeights([
        kernel,
        tf.add(tf.mul(bias, 0), tf.tensor1d(Array.from({ length: 16 }, (_, i) => (i === 3 ? value : 0.1)))),
      ]);
    });
    const numbers = () => backbone.model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const [before, tensors] = [numbers(), tf.memory().numTensors];
    expect(() => backbone.roundToHalf()).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringMatching(/weight dense\/bias holds/) }),
    );
    expect(numbers()).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
    backbone.dispose();
  });

  it('takes what rounds to 65,504', () => {
    const backbone = smallBackbone();
    const layer = backbone.model.getLayer('dense');
    tf.tidy(() => layer.setWeights([layer.getWeights()[0], tf.fill([16], 65519)]));
    backbone.roundToHalf();
    expect(layer.getWeights()[1].dataSync()[0]).toBe(65504);
    backbone.dispose();
  });
});

describe('dispose', () => {
  it('may be called twice, also by copies; everything after it says what happened', async () => {
    const tensors = tf.memory().numTensors;
    const backbone = smallBackbone();
    const flipped = backbone.withViews('flip');
    flipped.dispose();
    flipped.dispose();
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    const uses: (() => unknown)[] = [
      () => backbone.transform(test),
      () => backbone.fit(patches(30, 12)),
      () => backbone.serialize(),
      () => backbone.roundToHalf(),
      () => backbone.freeze(),
      () => backbone.unfreeze(),
      () => backbone.withViews('single'),
    ];
    for (const use of uses) {
      await expect((async () => use())()).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('disposed'),
      });
    }
  });
});

describe('a backbone disposed while a call is running', () => {
  const refusal = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('was disposed') };

  const now = (dispose: () => void) => dispose();
  const soon = (dispose: () => void) => void setImmediate(dispose);

  it.each([
    ['between steps', now, { batchSize: 32 }],
    ['after the last step', now, { epochs: 1 }],
    ['before the validation', now, { validation: patches(900, 12) }],
    ['in the validation', soon, { validation: patches(900, 12) }],
    ['before a validation with averages', now, { validation: patches(900, 12), emaDecay: 0.9 }],
    ['in a validation with averages', soon, { validation: patches(900, 12), emaDecay: 0.9 }],
  ])('fit says so and keeps no tensor: %s', async (_name, when, options: TrainOptions) => {
    const tensors = tf.memory().numTensors;
    const backbone = smallBackbone();
    const onProgress = ({ kind }: Progress) => {
      if (kind === 'step') when(() => backbone.dispose());
    };
    await expect(backbone.fit(patches(64, 12), { epochs: 2, ...options, onProgress })).rejects.toMatchObject(refusal);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('transform says so and keeps no tensor', async () => {
    const tensors = tf.memory().numTensors;
    const backbone = smallBackbone();
    const onProgress = () => backbone.dispose();
    await expect(backbone.transform(patches(600, 12), { onProgress })).rejects.toMatchObject(refusal);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('a saved backbone that asks for more than it holds', () => {
  async function changed(change: (json: string) => string, weights = (bytes: Uint8Array) => bytes) {
    const backbone = smallBackbone();
    const part = await backbone.serialize();
    backbone.dispose();
    const json = change(new TextDecoder().decode(part.files.get('model.json')));
    const files = new Map([
      ['model.json', new TextEncoder().encode(json)],
      ['weights.bin', weights(part.files.get('weights.bin')!)],
    ]);
    return { ...part, files };
  }
  const huge = (json: string) => json.replace('"units":16', '"units":2000000000');
  const cases: [string, (json: string) => string, ((bytes: Uint8Array) => Uint8Array)?][] = [
    ['a layer of 1e12 weights', huge],
    ['one whose initializers are left out', (json) => huge(json).replaceAll(/"kernel_initializer":\{.*?\}\},?/g, '')],
    ['filters', (json) => json.replace('"filters":8', '"filters":80000000')],
    ['an input', (json) => json.replaceAll('[null,12,12,1]', '[null,90000,90000,1]')],
    ['bytes that are missing', (json) => json, (bytes) => bytes.slice(4)],
    ['bytes that nothing needs', (json) => json, (bytes) => new Uint8Array([...bytes, 0, 0, 0, 0])],
    ['a weight of another shape', (json) => json.replace('"shape":[16]', '"shape":[4,4]')],
    ['a weight of a shape that is none', (json) => json.replace('"shape":[16]', '"shape":[-16]')],
    ['a weight of another name', (json) => json.replace('"name":"dense/bias"', '"name":"dense/other"')],
  ];
  it.each(cases)('is refused for %s, at once and without leaving a tensor', async (_, change, weights) => {
    const part = await changed(change, weights);
    const { numTensors, numBytes } = tf.memory();
    await expect(layersBackboneLoader.load(part)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });

  it('is saved again with the initializers that it had', async () => {
    const backbone = smallBackbone();
    const part = await backbone.serialize();
    const loaded = await layersBackboneLoader.load(part);
    expect(await loaded.serialize()).toEqual(part);
    loaded.dispose();
    backbone.dispose();
  });
});
