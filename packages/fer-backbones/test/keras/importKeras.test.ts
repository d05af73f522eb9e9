import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { FER2013_CLASSES, type Images, isFerError } from 'fer-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersBackboneLoader } from '../../src/backbones/layersBackbone.js';
import { importKeras } from '../../src/index.js';
import { kerasChain } from '../../src/keras/kerasChain.js';
import { kerasLayer } from '../../src/keras/kerasLayers.js';
import { importKeras as importFile } from '../../src/node.js';
import { narrowVgg, weightsFile } from '../weights.js';

beforeAll(() => tf.setBackend('cpu'));

const path = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const read = (name: string) => new Uint8Array(readFileSync(path(name)));
/** By fixtures/keras.py, in PyTorch and float64. */
const expected: Record<string, { features: number[]; scores: number[] }> = JSON.parse(
  readFileSync(path('keras.json'), 'utf8'),
);

function images(size: number): Images {
  const bytes = Uint8Array.from({ length: 3 * size * size }, (_, i) => (7 * i * i + 13 * i) % 256);
  return { images: bytes, n: 3, height: size, width: size, channels: 1 };
}

function closeTo(actual: ArrayLike<number>, wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  const scale = Math.max(1, ...wanted.map(Math.abs));
  wanted.forEach((value, i) => {
    expect(Math.abs(actual[i] - value) / scale).toBeLessThan(1e-5);
  });
}

describe('importKeras', () => {
  it.each([
    ['a Sequential with all that may differ', 'shallow', 14],
    ['a Sequential with a half frozen Model in it', 'nested', 12],
  ])('computes what PyTorch computes of %s', async (_, name, size) => {
    const before = tf.memory().numTensors;
    const { backbone, layer } = await importKeras(read(`${name}.h5`));
    const { data, rows, columns } = await backbone.transform(images(size));
    expect(Math.max(...expected[name].features)).toBeGreaterThan(0.1);
    closeTo(data, expected[name].features);
    const { weights, bias, classes } = layer!;
    expect(classes).toEqual(FER2013_CLASSES);
    const scores = Array.from({ length: rows * 7 }, (_, i) => {
      let sum = bias[i % 7];
      for (let j = 0; j < columns; j++) sum += data[Math.floor(i / 7) * columns + j] * weights.data[j * 7 + (i % 7)];
      return sum;
    });
    closeTo(scores, expected[name].scores);
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads a functional model that ends in features, from disk', async () => {
    const { backbone, layer } = await importFile(path('functional.h5'));
    expect(layer).toBeUndefined();
    expect(backbone.architecture).toBe('model_1');
    closeTo((await backbone.transform(images(12))).data, expected.functional.features);
    await expect(importFile(path('none.h5'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    backbone.dispose();
  });

  it('keeps names and frozen layers, and is saved and loaded as any backbone', async () => {
    const { backbone } = await importKeras(read('nested.h5'));
    expect(backbone.model.layers.map(({ name, trainable }) => `${name}${trainable ? '' : '*'}`).join(' ')).toBe(
      'input* conv2d_1 block1_conv1* block1_pool block1_bn block2_conv1 block2_pool flatten_1 dense_1 dropout_1',
    );
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    closeTo((await loaded.transform(images(12))).data, expected.nested.features);
    for (const made of [backbone, loaded]) made.dispose();
  });

  it('wants as many classes as there are outputs', async () => {
    const before = tf.memory().numTensors;
    const classes = ['a', 'b'];
    await expect(importKeras(read('shallow.h5'), { classes })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses weights without a network, and files that are damaged', async () => {
    await expect(importKeras(await weightsFile(narrowVgg()))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const cut = read('nested.h5').subarray(0, 9000);
    await expect(importKeras(cut)).rejects.toMatchObject({ code: 'CORRUPT', place: { file: 'model.h5' } });
  });
});

const input = {
  class_name: 'InputLayer',
  config: { name: 'in', batch_input_shape: [null, 8, 8, 1] },
  inbound_nodes: [],
};
const node = (name: string, from: readonly string[]) => ({
  class_name: 'Dropout',
  config: { name, rate: 0.5 },
  inbound_nodes: from.length > 0 ? [from.map((f) => [f, 0, 0, {}])] : [],
});
const model = (layers: object[], outputs = [['b', 0, 0]]) => ({
  class_name: 'Model',
  config: { name: 'm', layers, input_layers: [['in', 0, 0]], output_layers: outputs },
});

describe('kerasChain', () => {
  const parse = (text: string) =>
    kerasChain({ names: [], group: () => undefined, array: () => undefined, texts: () => [text] }, 'f.h5');

  it('puts layers in the order in which they feed one another', () => {
    const chain = parse(JSON.stringify(model([node('b', ['a']), input, node('a', ['in'])])));
    expect(chain).toMatchObject({ name: 'm', inputShape: [null, 8, 8, 1] });
    expect(chain.layers.map(({ config }) => config.name)).toEqual(['a', 'b']);
  });

  it.each([
    [
      'a sum',
      model([input, node('a', ['in']), node('b', ['a', 'in'])]),
      'UNSUPPORTED',
      /layer b \(Dropout\), which takes/,
    ],
    ['a branch', model([input, node('a', ['in']), node('b', ['in'])]), 'UNSUPPORTED', /layer a \(Dropout\) beside/],
    [
      'two outputs',
      model(
        [input, node('b', ['in'])],
        [
          ['b', 0, 0],
          ['in', 0, 0],
        ],
      ),
      'UNSUPPORTED',
      /several inputs or outputs/,
    ],
    ['no input shape', { class_name: 'Sequential', config: [node('a', [])] }, 'UNSUPPORTED', /input shape/],
    [
      'a name twice',
      { class_name: 'Sequential', config: [input, node('a', []), node('a', [])] },
      'UNSUPPORTED',
      /two layers called a/,
    ],
    ['nothing of Keras', { a: 1 }, 'CORRUPT', /no description of Keras/],
  ] as const)('refuses %s', (_, config, code, message) => {
    expect(() => parse(JSON.stringify(config))).toThrow(message);
    try {
      parse(JSON.stringify(config));
    } catch (error) {
      expect(isFerError(error, code)).toBe(true);
    }
  });

  it('refuses what is no JSON', () => {
    expect(() => parse('{"class_name"')).toThrow('no JSON');
  });
});

describe('kerasLayer', () => {
  const conv = {
    filters: 2,
    kernel_size: [3, 3],
    strides: [1, 1],
    padding: 'valid',
    activation: 'relu',
    use_bias: true,
  };
  const norm = { axis: 3, epsilon: 1e-3, momentum: 0.99 };
  it.each([
    ['LSTM', { units: 3 }, /layer x is a LSTM: what can be imported are Conv2D/],
    ['Conv2D', { ...conv, data_format: 'channels_first' }, /layer x has data_format "channels_first"/],
    ['Conv2D', { ...conv, dilation_rate: [2, 2] }, /dilation_rate \[2,2\]/],
    ['Conv2D', { ...conv, activation: 'elu' }, /activation "elu"/],
    ['BatchNormalization', { ...norm, axis: 1 }, /axis 1/],
    ['BatchNormalization', { ...norm, scale: false }, /scale false/],
    ['Dense', { units: 3, activation: 'relu' }, /input of 4 dimensions/],
    ['Activation', { activation: 'tanh' }, /activation "tanh"/],
    ['MaxPooling2D', { pool_size: [2, 2], data_format: 'channels_first' }, /channels_first/],
  ])('refuses %s %j', (class_name, config, message) => {
    const make = () => kerasLayer({ class_name, config: { name: 'x', ...config } }, [null, 8, 8, 1]);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });

  it('keeps what it takes over', () => {
    const made = kerasLayer({ class_name: 'BatchNormalization', config: { name: 'x', ...norm, epsilon: 0.5 } }, [
      null,
      8,
      8,
      1,
    ]);
    expect(made.getConfig()).toMatchObject({ name: 'x', epsilon: 0.5, momentum: 0.99 });
    const dense = kerasLayer({ class_name: 'BatchNormalization', config: { name: 'y', ...norm, axis: [1] } }, [
      null,
      8,
    ]);
    expect(dense.name).toBe('y');
  });
});
