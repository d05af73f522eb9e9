import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { FER2013_CLASSES, type Images, type LinearLayer } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ImportKerasOptions, importKeras, layersBackboneLoader } from '../../src/index.js';
import { readKerasFile } from '../../src/keras/kerasFile.js';
import { forward } from '../../src/network/forward.js';
import { trainedWeights } from '../../src/network/plan.js';
import { toTensor } from '../../src/network/preprocessing.js';

beforeAll(() => useWasm({ threads: 1 }));

const read = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))));
/** By fixtures/networks.py, in PyTorch and float64. */
const expected: Record<string, { scores: number[]; gradients?: Record<string, [length: number, along: number]> }> =
  JSON.parse(new TextDecoder().decode(read('networks.json')));

function images(size: number, channels = 1): Images {
  const bytes = Uint8Array.from({ length: 3 * size * size * channels }, (_, i) => (7 * i * i + 13 * i) % 256);
  return { images: bytes, n: 3, height: size, width: size, channels };
}

function scoresOf(data: Float32Array, { weights, bias }: LinearLayer): number[] {
  const { rows: d, columns: k } = weights;
  return Array.from({ length: (data.length / d) * k }, (_, i) => {
    let sum = bias[i % k];
    for (let j = 0; j < d; j++) sum += data[Math.floor(i / k) * d + j] * weights.data[j * k + (i % k)];
    return sum;
  });
}

function closeTo(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs));
  expect(scale).toBeGreaterThan(0.05);
  wanted.forEach((value, i) => {
    expect(Math.abs(actual[i] - value) / scale).toBeLessThan(1e-5);
  });
}

const signed: ImportKerasOptions = { preprocessing: { scale: 1 / 127.5, offset: -1 }, classes: 'fer2013' };
/** For a network that starts with a Rescaling. */
const abc: ImportKerasOptions = { classes: ['a', 'b', 'c'] };
const three: ImportKerasOptions = { preprocessing: 'scale', classes: ['a', 'b', 'c'] };

describe('importKeras of graphs', () => {
  it.each([
    ['Keras 2 .h5', 'mini-keras2.h5', 'mini', signed, 17],
    ['Keras 2 .h5 written under Theano', 'mini-theano.h5', 'mini', signed, 17],
    ['Keras 2 .h5 in half precision', 'mini-half.h5', 'half', signed, 17],
    ['Keras 3 .h5', 'mini-keras3.h5', 'mini', signed, 17],
    ['.keras', 'mini.keras', 'mini', signed, 17],
    ['.keras with models inside', 'nested.keras', 'nested', { classes: ['a', 'b', 'c', 'd'] }, 12],
    ['Keras 2 .h5 of many layers', 'zoo-keras2.h5', 'zoo2', three, 11],
    ['.keras of many layers', 'zoo.keras', 'zoo3', three, 11],
    ['Keras 2 .h5 that scales channels', 'scaled-keras2.h5', 'scaled', abc, 7],
    ['.keras that scales channels', 'scaled.keras', 'scaled', abc, 7],
  ])('computes what PyTorch computes: %s', async (_, file, name, options, size) => {
    const before = tf.memory().numTensors;
    const { backbone, layer } = await importKeras(read(file), options);
    const given = images(size, backbone.preprocessing.channels);
    closeTo(scoresOf((await backbone.transform(given)).data, layer!), expected[name].scores);
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    closeTo(scoresOf((await loaded.transform(given)).data, layer!), expected[name].scores);
    for (const made of [backbone, loaded]) made.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('has the training gradients of PyTorch', async () => {
    const { backbone, layer } = await importKeras(read('mini.keras'), signed);
    const { model, preprocessing } = backbone;
    const variables = trainedWeights(model).map((weight) => weight.read() as tf.Variable);
    const { rows, columns } = layer!.weights;
    tf.tidy(() => {
      const x = toTensor(images(17), [0, 3], preprocessing);
      const top = tf.tensor2d(layer!.weights.data, [rows, columns]);
      const cosines = tf.cos(tf.reshape(tf.range(0, 3 * columns), [3, columns]));
      const loss = () => {
        const features = forward(model, x, { training: true }) as tf.Tensor2D;
        return tf.sum(tf.mul(tf.add(tf.matMul(features, top), tf.tensor1d(layer!.bias)), cosines)) as tf.Scalar;
      };
      const { grads } = tf.variableGrads(loss, variables);
      const { gradients = {} } = expected.mini;
      // All but those of the linear layer.
      expect(variables).toHaveLength(Object.keys(gradients).length - 2);
      for (const [i, weight] of trainedWeights(model).entries()) {
        const [length, along] = gradients[weight.originalName];
        const gradient = Array.from(grads[variables[i].name].dataSync());
        const name = weight.originalName;
        const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
        expect(Math.abs(norm - length) / length, name).toBeLessThan(1e-4);
        const product = gradient.reduce((sum, value, j) => sum + value * Math.sin(j), 0);
        expect(Math.abs(product - along) / length, name).toBeLessThan(1e-4);
      }
    });
    backbone.dispose();
  });

  it('never trains layers that scale channels', async () => {
    const { backbone } = await importKeras(read('scaled.keras'), abc);
    const weightsOf = (name: string) => backbone.model.getLayer(name).getWeights()[0].dataSync().slice();
    const [before, body] = [weightsOf('normalization'), weightsOf('body')];
    const train = { ...images(7, 3), labels: Uint8Array.of(0, 1, 0), classes: ['a', 'b'] };
    await backbone.fit(train, { epochs: 1, batchSize: 3 });
    expect(weightsOf('normalization')).toEqual(before);
    expect(weightsOf('body')).not.toEqual(body);
    backbone.dispose();
  });

  it('takes a pooled convolution apart into the means of its windows and a linear layer', async () => {
    const { backbone, layer } = await importKeras(read('mini.keras'), signed);
    expect(backbone.outputSize).toBe(9 * 8);
    expect(layer?.weights).toMatchObject({ rows: 72, columns: 7 });
    expect(backbone.model.layers.at(-1)?.name).toBe('conv2d_9_means');
    backbone.dispose();
  });

  it('keeps names and shared layers, freezes what is in a frozen model, and leaves augmentation out', async () => {
    const { backbone } = await importKeras(read('nested.keras'), { classes: ['a', 'b', 'c', 'd'] });
    const names = backbone.model.layers.map(({ name, trainable }) => `${name}${trainable ? '' : '*'}`);
    expect(names).toEqual([
      'input*',
      'rescaling',
      'first',
      'inner_conv*',
      'inner_norm*',
      'inner_add*',
      'shared',
      'tail_pool',
      'outside_pool',
      'tail_act',
      'conv',
      'both',
      'flat',
    ]);
    expect(backbone.preprocessing).toEqual({ height: 12, width: 12, channels: 1, values: { scale: 1 } });
    const history = await backbone.fit(
      { ...images(12), labels: Uint8Array.of(0, 1, 0), classes: ['a', 'b'] },
      { epochs: 1, batchSize: 3 },
    );
    expect(history.history).toHaveLength(1);
    backbone.dispose();
  });

  it.each([
    ['fer2013', FER2013_CLASSES],
    ['alphabetical', ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise']],
  ] as const)('names the classes in %s order', async (classes, names) => {
    const { backbone, layer } = await importKeras(read('mini.keras'), { ...signed, classes });
    expect(layer?.classes).toEqual(names);
    backbone.dispose();
  });

  it.each([
    [{ preprocessing: 'scale' }, /doesn't name its 7 classes: give classes: 'fer2013'.*'alphabetical'/],
    [{ preprocessing: 'scale', classes: ['a'] }, /1 classes for 7 outputs/],
    [{ preprocessing: 'scale', classes: 'sorted' as 'fer2013' }, /classes is "sorted"/],
    [{ classes: 'fer2013' }, /doesn't tell what was done to pixels .*preprocessing: 'scale'/],
    [{ classes: 'fer2013', preprocessing: 'none' as 'scale' }, /values is "none"/],
  ] as const)('asks for what the file does not tell: %j', async (options, message) => {
    const before = tf.memory().numTensors;
    await expect(importKeras(read('mini.keras'), options)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a .keras archive', () => {
  const config = (layers: object[]) => ({
    class_name: 'Sequential',
    config: { name: 's', layers, build_input_shape: [null, 8, 8, 1] },
  });
  const archive = async (description: unknown) =>
    zipSync({
      'config.json': new TextEncoder().encode(JSON.stringify(description)),
      'model.weights.h5': read('functional.h5'),
    });

  it('is checked as a whole: every byte damaged in its files is noticed', async () => {
    const bytes = read('nested.keras');
    for (let at = 60; at < bytes.length; at += 211) {
      const damaged = bytes.slice();
      damaged[at] ^= 0x10;
      const outcome = await readKerasFile(damaged, 'f.keras').then(
        (found) => JSON.stringify([...found.weights.values()].map((list) => list.map(({ values }) => [...values]))),
        (error: { code?: string }) => error.code,
      );
      const whole = await readKerasFile(bytes, 'f.keras');
      const wanted = JSON.stringify([...whole.weights.values()].map((list) => list.map(({ values }) => [...values])));
      // Some bytes of the headers mean nothing.
      expect(['CORRUPT', 'UNSUPPORTED', wanted], `byte ${at}`).toContain(outcome);
    }
  });

  it.each([0, 3, 30, 200, 5000])('of %i bytes is refused', async (length) => {
    const cut = read('nested.keras').subarray(0, length);
    await expect(readKerasFile(cut, 'f.keras')).rejects.toMatchObject({ code: 'CORRUPT', place: { file: 'f.keras' } });
  });

  it('without a part is refused, and so is one that declares more than deflate can pack', async () => {
    const lacking = zipSync({ 'config.json': new TextEncoder().encode('{}') });
    await expect(readKerasFile(lacking, 'f')).rejects.toThrow('the archive has no model.weights.h5');
    const bomb = zipSync({ 'config.json': new Uint8Array(1e5), 'model.weights.h5': new Uint8Array(1) });
    const view = new DataView(bomb.buffer);
    const directory = view.getUint32(bomb.length - 6, true);
    view.setUint32(directory + 24, 0xfffffff0, true);
    await expect(readKerasFile(bomb, 'f')).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it.each([
    ['LSTM', [{ class_name: 'LSTM', config: { name: 'rnn', units: 3 } }], /layer rnn is a LSTM: what can be imported/],
    [
      'a Normalization of rows',
      [{ class_name: 'Normalization', config: { name: 'n', axis: 1 } }],
      /layer n has axis 1, which can't be imported/,
    ],
    [
      'a Normalization that was never adapted',
      [{ class_name: 'Normalization', config: { name: 'n', axis: -1 } }],
      /layer n has no mean and variance: adapt it/,
      'INVALID_DATA',
    ],
    [
      'a Rescaling of other channels',
      [{ class_name: 'Rescaling', config: { name: 'r', scale: [1, 2, 3] } }],
      /layer r has 3 numbers as scale for 1 channels/,
    ],
    [
      'a Lambda',
      [{ class_name: 'Lambda', config: { name: 'l' } }],
      /layer l is a Lambda: what can be imported are Conv2D/,
    ],
  ])('refuses %s by name', async (_, layers, message, code = 'UNSUPPORTED') => {
    await expect(importKeras(await archive(config(layers)), three)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['a model of its own class', { class_name: 'MyModel', config: {} }, 'UNSUPPORTED', /it is a MyModel/],
    ['no model', { a: 1 }, 'UNSUPPORTED', /it is a undefined/],
    ['a Sequential without layers', { class_name: 'Sequential', config: {} }, 'CORRUPT', /not one of Keras/],
    ['no input shape', { class_name: 'Sequential', config: { layers: [] } }, 'UNSUPPORTED', /input shape/],
  ])('refuses %s', async (_, description, code, message) => {
    await expect(importKeras(await archive(description), three)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
