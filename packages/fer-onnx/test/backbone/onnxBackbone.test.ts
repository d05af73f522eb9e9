import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { backbones, gradCam, type LayersBackbone, type Preprocessing } from 'fer-backbones';
import { type Dataset, type FeatureMatrix, loadClassifier, memoryFolder, pipe, saveClassifier } from 'fer-core';
import { syntheticFaces } from 'fer-data';
import { evaluateClassifier } from 'fer-eval';
import { heads, linearL2SVM, nystroem, rbfSVM, softmax } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, onnxBackbone, onnxBackbones } from '../../src/index.js';
import { onnxBackbone as fromDisk } from '../../src/node.js';
import { largestDifference } from '../difference.js';
import { foreignModel } from '../models.js';
import { apply, backboneOf, noise } from '../networks.js';

const faces: Dataset = syntheticFaces({ n: 42, seed: 'onnx' });
const PIXELS: Preprocessing = { height: 3, width: 4, channels: 2, values: { scale: 1 } };
let own: LayersBackbone;
let model: Uint8Array;
let features: FeatureMatrix;

beforeAll(async () => {
  await useWasm({ threads: 1 });
  own = backboneOf(
    [48, 48, 1],
    (x) => {
      const maps = apply(layers.conv2d({ filters: 4, kernelSize: 5, strides: 4, activation: 'relu' }), x);
      return apply(layers.dense({ units: 12, activation: 'tanh' }), apply(layers.flatten(), maps));
    },
    { values: 'standardise' },
  );
  model = await exportOnnx(own);
  features = await own.transform(faces);
});

afterAll(() => own.dispose());

describe('a backbone that was exported', () => {
  it('gives the same features again, and leaves no tensors', async () => {
    const tensors = tf.memory().numTensors;
    const backbone = await onnxBackbone(model);
    expect(backbone).toMatchObject({ outputSize: 12, output: 'features', preprocessing: { values: { scale: 1 } } });
    const events: unknown[] = [];
    const found = await backbone.transform(faces, { onProgress: (event) => void events.push(event) });
    expect([found.rows, found.columns]).toEqual([42, 12]);
    expect(largestDifference(found.data, features.data)).toBeLessThan(1e-5);
    expect(events).toEqual([
      { kind: 'transform', done: 32, total: 42 },
      { kind: 'transform', done: 42, total: 42 },
    ]);
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('can be taken from inside a classifier', async () => {
    const head = softmax();
    await head.fit(features, faces);
    const classifier = await exportOnnx(pipe(own, head));
    await expect(onnxBackbone(classifier)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('several outputs: give one of scores, probabilities as output'),
    });
    const inside = await onnxBackbone(classifier, { output: `${own.model.layers.at(-1)!.name}/Tanh` });
    expect(largestDifference((await inside.transform(faces)).data, features.data)).toBeLessThan(1e-5);
    inside.dispose();
  });

  it('runs calls that overlap, and none after it was disposed', async () => {
    const backbone = await onnxBackbone(model);
    const [one, other] = await Promise.all([backbone.transform(faces), backbone.transform(faces)]);
    expect(one).toEqual(other);
    const late = backbone.transform(faces);
    backbone.dispose();
    backbone.dispose();
    await expect(late).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(backbone.transform(faces)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(backbone.serialize()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('stops at a signal', async () => {
    const backbone = await onnxBackbone(model);
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopped = backbone.transform(faces, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(stopped).rejects.toBe(reason);
    await expect(onnxBackbone(model, { signal: controller.signal })).rejects.toBe(reason);
    backbone.dispose();
  });
});

describe('with heads', () => {
  const makers = { softmax, linearL2SVM, rbfSVM, nystroem: () => nystroem(softmax(), { components: 20 }) };
  it.each(Object.keys(makers) as (keyof typeof makers)[])('%s is saved with it, and loads again', async (name) => {
    const classifier = pipe(await onnxBackbone(model), makers[name]());
    await classifier.fit(faces);
    const { evaluation } = await evaluateClassifier(classifier, faces);
    expect(evaluation.accuracy).toBeGreaterThan(0.3);
    const folder = memoryFolder();
    await saveClassifier(classifier, folder);
    const loaded = await loadClassifier(folder, { backbones: [...backbones, ...onnxBackbones()], heads });
    expect(await loaded.decisionFunction(faces)).toEqual(await classifier.decisionFunction(faces));
    loaded.dispose();
    classifier.dispose();
  });

  it('a folder with another model file is refused', async () => {
    const classifier = pipe(await onnxBackbone(model), softmax());
    await classifier.fit(faces);
    const files = new Map<string, Uint8Array>();
    await saveClassifier(classifier, {
      ...memoryFolder(),
      write: async (written) => {
        for (const [file, bytes] of written) files.set(file, bytes);
      },
    });
    expect([...files.keys()].sort()).toEqual(['classifier.json', 'head/weights.f64', 'model.onnx']);
    const damaged = files.get('model.onnx')!.slice();
    damaged[damaged.length - 200] ^= 1;
    files.set('model.onnx', damaged);
    const loaders = { backbones: onnxBackbones(), heads };
    await expect(loadClassifier(memoryFolder(files), loaders)).rejects.toMatchObject({
      code: 'CORRUPT',
      place: { file: 'memory/model.onnx' },
    });
    classifier.dispose();
  });

  it('a saved part that does not fit its model is refused', async () => {
    const [loader] = onnxBackbones();
    const backbone = await onnxBackbone(model);
    const part = await backbone.serialize();
    const changed = (config: object) => loader.load({ ...part, config: { ...part.config, ...config } });
    for (const config of [
      { columns: 13 },
      { output: 'none' },
      { output: null },
      { pooling: 'most' },
      { layout: 'NCHW' },
    ]) {
      await expect(changed(config)).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    await expect(loader.load({ ...part, files: new Map() })).rejects.toMatchObject({ code: 'CORRUPT' });
    backbone.dispose();
  });

  it('gradCam says that it needs a LayersBackbone', async () => {
    const backbone = await onnxBackbone(model);
    const head = softmax();
    await head.fit(features, faces);
    await expect(gradCam(backbone as never, head.toLayer(), faces)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('no gradients'),
    });
    backbone.dispose();
  });

  it('an ONNX model is not exported again', async () => {
    const backbone = await onnxBackbone(model);
    await expect(exportOnnx(backbone)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /"onnx-backbone"/ });
    backbone.dispose();
  });
});

describe('models from elsewhere', () => {
  const images = noise(5, 3, 4, 2);
  /** The model's maps, by hand: [image][map][place]. */
  const maps = Array.from({ length: 5 }, (_, i) => {
    const pixel = (place: number, c: number) => images.images[(i * 12 + place) * 2 + c];
    const places = Array.from({ length: 12 }, (_, place) => place);
    return [places.map((p) => 2 * (pixel(p, 0) + pixel(p, 1))), places.map((p) => pixel(p, 0) - pixel(p, 1))];
  });
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

  it.each([
    ['flatten', 'maps', maps.map((each) => each.flat())],
    ['mean', 'maps', maps.map((each) => each.map(mean))],
    ['flatten', 'means', maps.map((each) => each.map(mean))],
    ['mean', 'tokens', maps.map((each) => each.map(mean))],
    ['first', 'tokens', maps.map((each) => each.map(([first]) => first))],
    ['flatten', 'tokens', maps.map(([a, b]) => a.flatMap((value, place) => [value, b[place]]))],
  ] as const)('take the pooling %s of %s', async (pooling, output, expected) => {
    const backbone = await onnxBackbone(foreignModel({ output }), { preprocessing: PIXELS, pooling });
    const found = await backbone.transform(images);
    expect(found.columns).toBe(expected[0].length);
    expect(largestDifference(found.data, expected.flat())).toBeLessThan(1e-3);
    backbone.dispose();
  });

  it('run in batches of their own size, the last one filled up', async () => {
    const backbone = await onnxBackbone(foreignModel({ input: [2, 2, 3, 4] }), { preprocessing: PIXELS });
    expect(largestDifference((await backbone.transform(images)).data, maps.flat(2))).toBeLessThan(1e-3);
    backbone.dispose();
  });

  it('take images of any size if the preprocessing adapts', async () => {
    const preprocessing = { height: 48, width: 48, channels: 1, values: { scale: 1 }, adapt: true } as const;
    const backbone = await onnxBackbone(model, { preprocessing });
    const large = syntheticFaces({ n: 3, seed: 'large', size: 96 });
    expect((await backbone.transform(large)).rows).toBe(3);
    await expect(backbone.transform({ ...large, n: 4 })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    backbone.dispose();
  });

  it('are run by another runtime if one is given, with its options', async () => {
    const asked: unknown[] = [];
    const runtime = {
      Tensor: ort.Tensor,
      InferenceSession: {
        create(bytes: Uint8Array, options?: object) {
          asked.push(options);
          return ort.InferenceSession.create(bytes, options);
        },
      },
    };
    const session = { executionProviders: ['wasm'] };
    const backbone = await onnxBackbone(model, { runtime, session });
    const [loader] = onnxBackbones({ runtime, session });
    const loaded = await loader.load(await backbone.serialize());
    expect(asked).toEqual([session, session]);
    loaded.dispose();
    backbone.dispose();
  });

  it('are refused if an output is not a number, or not one row per image', async () => {
    const nan = await onnxBackbone(foreignModel({ output: 'nan' }), { preprocessing: PIXELS });
    await expect(nan.transform(images)).rejects.toMatchObject({ code: 'INVALID_DATA', place: { row: 1 } });
    nan.dispose();
    const options = { preprocessing: PIXELS };
    await expect(onnxBackbone(foreignModel({ output: 'transposed' }), options)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('[2,1,3,4] for 1 images'),
    });
    await expect(onnxBackbone(foreignModel(), { ...options, pooling: 'first' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

describe('from disk', () => {
  it('says what to give instead of nothing', async () => {
    await expect(fromDisk(undefined as never)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('give a Uint8Array'),
    });
  });

  it('reads a path and a file URL', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fer-onnx-'));
    const file = join(folder, 'model.onnx');
    await writeFile(file, model);
    for (const source of [file, pathToFileURL(file), model]) {
      const backbone = await fromDisk(source);
      expect(backbone.outputSize).toBe(12);
      backbone.dispose();
    }
    await writeFile(file, model.subarray(0, 1000));
    await expect(fromDisk(file)).rejects.toMatchObject({ code: 'CORRUPT', place: { file } });
    await rm(folder, { recursive: true });
    await expect(fromDisk(file)).rejects.toMatchObject({ code: 'NOT_FOUND', place: { file } });
  });
});
