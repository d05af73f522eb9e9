import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { FER2013_CLASSES, type Images, isFerError } from 'fer-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersBackboneLoader } from '../../src/backbones/layersBackbone.js';
import { importKeras } from '../../src/index.js';
import { kerasLayers } from '../../src/keras/kerasLayers.js';
import { kerasNetwork } from '../../src/keras/kerasNetwork.js';
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

/** What the files don't tell. */
const TRAINED = { classes: 'fer2013', preprocessing: 'scale' } as const;

describe('importKeras', () => {
  it.each([
    ['a Sequential with all that may differ', 'shallow', 14],
    ['a Sequential with a half frozen Model in it', 'nested', 12],
  ])('computes what PyTorch computes of %s', async (_, name, size) => {
    const before = tf.memory().numTensors;
    const { backbone, layer } = await importKeras(read(`${name}.h5`), TRAINED);
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
    const { backbone, layer } = await importFile(path('functional.h5'), TRAINED);
    expect(layer).toBeUndefined();
    expect(backbone.architecture).toBe('model_1');
    closeTo((await backbone.transform(images(12))).data, expected.functional.features);
    await expect(importFile(path('none.h5'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    backbone.dispose();
  });

  it('keeps names and frozen layers, and is saved and loaded as any backbone', async () => {
    const { backbone } = await importKeras(read('nested.h5'), TRAINED);
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
    await expect(importKeras(read('shallow.h5'), { ...TRAINED, classes })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses weights without a network, and files that are damaged', async () => {
    await expect(importKeras(await weightsFile(narrowVgg()))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const cut = read('nested.h5').subarray(0, 9000);
    await expect(importKeras(cut)).rejects.toMatchObject({ code: 'CORRUPT', place: { file: 'model' } });
  });
});

const input = {
  class_name: 'InputLayer',
  config: { name: 'in', batch_input_shape: [null, 8, 8, 1] },
  inbound_nodes: [],
};
const node = (name: string, from: readonly string[], class_name = 'Dropout') => ({
  class_name,
  config: { name, rate: 0.5 },
  inbound_nodes: from.length > 0 ? [from.map((f) => [f, 0, 0, {}])] : [],
});
const model = (layers: object[], outputs = [['b', 0, 0]], inputs = [['in', 0, 0]]) => ({
  class_name: 'Model',
  config: { name: 'm', layers, input_layers: inputs, output_layers: outputs },
});

describe('kerasNetwork', () => {
  const parse = (description: unknown) => kerasNetwork(description, 'f.h5');

  it('puts calls in the order in which they feed one another', () => {
    const network = parse(model([node('b', ['a']), input, node('a', ['in'])]));
    expect(network).toMatchObject({ name: 'm', inputShape: [null, 8, 8, 1], output: 2 });
    expect(network.calls).toEqual([
      { layer: 0, inputs: [0], output: 1 },
      { layer: 1, inputs: [1], output: 2 },
    ]);
    expect(network.layers.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('follows branches, and leaves out what nothing takes', () => {
    const network = parse(model([input, node('a', ['in']), node('c', ['a']), node('b', ['a', 'in'], 'Add')]));
    expect(network.layers.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(network.calls.at(-1)).toEqual({ layer: 1, inputs: [1, 0], output: 2 });
  });

  it('tells layers of one name by the models that hold them', () => {
    const inside = {
      class_name: 'Sequential',
      config: { name: 'inside', layers: [node('a', [])] },
      name: 'inside',
      inbound_nodes: [[['a', 0, 0, {}]]],
    };
    const network = parse(model([input, node('a', ['in']), inside], [['inside', 1, 0]]));
    expect(network.layers.map(({ key }) => key)).toEqual(['a', 'inside_a']);
  });

  it.each([
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
      /2 outputs: only models of one image input and one output/,
    ],
    [
      'two inputs',
      model(
        [input, { ...input, config: { ...input.config, name: 'in2' } }, node('b', ['in', 'in2'])],
        [['b', 0, 0]],
        [
          ['in', 0, 0],
          ['in2', 0, 0],
        ],
      ),
      'UNSUPPORTED',
      /model m has 2 inputs and is given 1/,
    ],
    ['no input shape', { class_name: 'Sequential', config: [node('a', [])] }, 'UNSUPPORTED', /input shape/],
    ['a layer that is not there', model([input, node('b', ['z'])]), 'CORRUPT', /not one of Keras/],
    ['nothing of Keras', { class_name: 'Model', a: 1 }, 'CORRUPT', /not one of Keras/],
  ] as const)('refuses %s', (_, description, code, message) => {
    expect(() => parse(description)).toThrow(message);
    try {
      parse(description);
    } catch (error) {
      expect(isFerError(error, code)).toBe(true);
    }
  });
});

describe('kerasLayers', () => {
  const make = (
    class_name: string,
    config: object,
    shape: readonly (number | null)[] = [null, 8, 8, 1],
    more: object = {},
  ) =>
    kerasLayers(
      { class_name, config: { name: 'x', ...config }, key: 'x', group: '', trainable: true, ...more },
      [shape],
      false,
    );
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
    ['constructor', {}, /layer x is a constructor/],
    ['Normalization', { axis: 1 }, /axis 1/],
    ['Normalization', { axis: [1, 3] }, /axis 1, 3/],
    ['Resizing', { height: 8, width: 8 }, /layer x is a Resizing/],
    ['Subtract', {}, /layer x is a Subtract/],
    ['UpSampling2D', { size: [2, 2], interpolation: 'bilinear' }, /layer x has interpolation "bilinear"/],
    ['Conv2D', { ...conv, data_format: 'channels_first' }, /layer x has data_format "channels_first"/],
    ['Conv2D', { ...conv, groups: 2 }, /groups 2/],
    ['Conv2D', { ...conv, activation: 'exponential' }, /layer x_activation has the activation "exponential"/],
    ['Conv2D', { ...conv, activation: 'toString' }, /the activation "toString"/],
    ['BatchNormalization', { ...norm, axis: 1 }, /axis 1/],
    ['ELU', { alpha: 0.5 }, /layer x can't be made of tfjs-layers .*alpha/],
    ['ReLU', { threshold: 0.5 }, /threshold 0.5/],
    ['Softmax', { axis: 1 }, /axis 1/],
    ['Activation', { activation: 'my_own' }, /the activation "my_own"/],
    ['MaxPooling2D', { pool_size: [2, 2], data_format: 'channels_first' }, /channels_first/],
  ])('refuses %s %j', (class_name, config, message) => {
    expect(() => make(class_name, config)).toThrow(message);
    expect(() => make(class_name, config)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });

  it('refuses a number in the place of a tensor', () => {
    expect(() => make('Multiply', {}, [null, 8], { module: 'keras.src.ops.numpy' })).toThrow(/a number in the place/);
  });

  it.each([
    ['Average', [2, 0.5]],
    ['Maximum', [3, 4]],
    ['Minimum', [1, -3]],
    ['Add', [4, 1]],
    ['Multiply', [3, -12]],
  ])('merges by %s', (class_name, expected) => {
    const { layer } = make(class_name, {}, [null, 2]);
    const merged = tf.tidy(() => [
      ...(layer!.apply([tf.tensor2d([[1, -3]]), tf.tensor2d([[3, 4]])]) as tf.Tensor).dataSync(),
    ]);
    expect(merged).toEqual(expected);
  });

  it('keeps what it takes over', () => {
    const made = make('BatchNormalization', { ...norm, epsilon: 0.5 }).layer;
    expect(made?.getConfig()).toMatchObject({ name: 'x', epsilon: 0.5, momentum: 0.99 });
    expect(
      make('BatchNormalization', { ...norm, axis: [1], scale: false }, [null, 8]).layer?.getConfig(),
    ).toMatchObject({
      scale: false,
      center: true,
    });
    expect(make('ReLU', { max_value: 6 }).layer?.getConfig()).toMatchObject({ maxValue: 6 });
    expect(make('RandomFlip', {})).toEqual({ after: [] });
  });
});
