import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { LayersBackbone, Views } from 'fer-backbones';
import { type Classifier, type FeatureMatrix, type Head, type Images, type Labels, pipe, Random } from 'fer-core';
import { calibrate, ensemble, linearL2SVM, nystroem, rbfSVM, softmax } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '../../src/index.js';
import { decodeModel } from '../../src/model/protobuf.js';
import { largestDifference } from '../difference.js';
import { apply, backboneOf, noise } from '../networks.js';
import { runOnnx } from '../run.js';

const CLASSES = ['calm', 'glad', 'sad'];
const faces = noise(50, 9, 8, 1, 'faces');
let backbone: LayersBackbone;
let features: FeatureMatrix;
let labels: Labels;

beforeAll(async () => {
  await useWasm({ threads: 2 });
  backbone = backboneOf([9, 8, 1], (x) => {
    const maps = apply(layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, activation: 'relu' }), x);
    return apply(layers.flatten(), maps);
  });
  const train = noise(90, 9, 8, 1, 'train');
  features = await backbone.transform(train);
  // Classes that overlap.
  const random = new Random('labels');
  const value = (i: number) => features.data[i * features.columns] + 0.1 * random.normal();
  const order = Array.from({ length: 90 }, (_, i) => [value(i), i]).sort(([a], [b]) => a - b);
  const own = new Uint8Array(90);
  order.forEach(([, i], rank) => {
    own[i] = Math.floor(rank / 30);
  });
  labels = { labels: own, classes: CLASSES };
});

async function fitted(head: Head): Promise<Head> {
  await head.fit(features, labels);
  return head;
}

/** The largest differences between the scores and probabilities of an exported classifier and the original. */
async function differences(classifier: Classifier<Images>): Promise<readonly number[]> {
  const outputs = await runOnnx(await exportOnnx(classifier), faces);
  const scores = await classifier.decisionFunction(faces);
  expect(Object.keys(outputs)).toEqual(classifier.predictProba ? ['scores', 'probabilities'] : ['scores']);
  const found = [largestDifference(outputs.scores.data, scores.data)];
  if (classifier.predictProba) {
    found.push(largestDifference(outputs.probabilities.data, (await classifier.predictProba(faces)).data));
  }
  return found;
}

describe('heads', () => {
  const heads: Readonly<Record<string, () => Promise<Head>>> = {
    softmax: () => fitted(softmax({ C: 10 })),
    'linearL2SVM, standardised': () => fitted(linearL2SVM({ C: 0.1, standardise: true })),
    rbfSVM: () => fitted(rbfSVM({ C: 10 })),
    'nystroem into softmax': () => fitted(nystroem(softmax({ C: 10 }), { components: 40 })),
    'nystroem with landmarks that repeat': async () => {
      const twice = { ...features, data: Float32Array.of(...features.data, ...features.data), rows: 180 };
      const head = nystroem(linearL2SVM(), { components: 120 });
      await head.fit(twice, { labels: Uint8Array.of(...labels.labels, ...labels.labels), classes: CLASSES });
      return head;
    },
    temperature: async () => calibrate(await fitted(softmax()), features, labels),
    'temperature of scores': async () =>
      calibrate(await fitted(linearL2SVM()), features, labels, { method: 'temperature' }),
    'vector scaling': async () => calibrate(await fitted(softmax()), features, labels, { method: 'vector' }),
    'vector scaling of margins': async () =>
      calibrate(await fitted(linearL2SVM()), features, labels, { method: 'vector' }),
    'shared sigmoid': async () => calibrate(await fitted(linearL2SVM()), features, labels),
    sigmoid: async () => calibrate(await fitted(linearL2SVM()), features, labels, { method: 'sigmoid' }),
    isotonic: async () => calibrate(await fitted(softmax()), features, labels, { method: 'isotonic' }),
    'isotonic of votes': async () => {
      const voters = ensemble([await fitted(softmax()), await fitted(rbfSVM())], { method: 'vote' });
      return calibrate(voters, features, labels, { method: 'isotonic' });
    },
    'votes, with weights': async () =>
      ensemble([await fitted(softmax()), await fitted(rbfSVM())], { method: 'vote', weights: [1, 2] }),
    'mean of scores': async () => ensemble([await fitted(linearL2SVM()), await fitted(linearL2SVM({ C: 10 }))]),
    'temperature of an ensemble': async () => {
      const both = ensemble([await fitted(softmax()), await fitted(softmax({ C: 0.01 }))], { weights: [1, 3] });
      return calibrate(both, features, labels);
    },
  };
  it.each(Object.keys(heads))('%s', async (name) => {
    for (const largest of await differences(pipe(backbone, await heads[name]()))) expect(largest).toBeLessThan(1e-4);
  });
});

describe('views', () => {
  it.each(['flip', 'tenCrop'] as Views[])('averages the features of "%s"', async (views) => {
    const classifier = pipe(backbone.withViews(views), await fitted(softmax({ C: 10 })));
    for (const largest of await differences(classifier)) expect(largest).toBeLessThan(1e-4);
  });

  // A difference of one grey level in one of the views would change a mean by 0.1. For the larger images, sums in the
  // resizing exceed the integers that float32 represents exactly.
  it.each([
    [20, 17],
    [150, 140],
  ])('rounds the crops of %i×%i images to bytes as fer-backbones does', async (height, width) => {
    const build = (x: SymbolicTensor) => apply(layers.flatten(), x);
    const pixels = backboneOf([height, width, 1], build, { values: { scale: 1 }, views: 'tenCrop' });
    const images = noise(2, height, width, 1);
    const { features: found } = await runOnnx(await exportOnnx(pixels), images);
    expect(largestDifference(found.data, (await pixels.transform(images)).data)).toBeLessThan(1e-3);
    pixels.dispose();
  });
});

it('writes a backbone that members share once', async () => {
  const [one, other] = [await fitted(softmax()), await fitted(softmax({ C: 0.01 }))];
  const both = ensemble([pipe(backbone, one), pipe(backbone, other)]);
  for (const largest of await differences(both)) expect(largest).toBeLessThan(1e-5);
  const { graph } = decodeModel(await exportOnnx(both));
  expect(graph!.node!.filter(({ opType }) => opType === 'Conv')).toHaveLength(1);
});

it('writes members with networks of their own side by side', async () => {
  const second = backboneOf(
    [9, 8, 1],
    (x) => {
      return apply(layers.flatten(), apply(layers.conv2d({ filters: 6, kernelSize: 3, strides: 2 }), x));
    },
    { values: 'standardise', seed: 2 },
  );
  const both = ensemble([pipe(backbone, await fitted(softmax())), pipe(second, await fitted(softmax()))]);
  for (const largest of await differences(both)) expect(largest).toBeLessThan(1e-5);
});

it('writes the classes and the provenance into the metadata', async () => {
  const classifier = pipe(backbone, await fitted(softmax()));
  const provenance = { seed: 7, notes: { command: 'npm start' } };
  const model = decodeModel(await exportOnnx(classifier, { provenance, name: 'faces' }));
  const metadata = Object.fromEntries(model.metadataProps!.map(({ key, value }) => [key, JSON.parse(value!)]));
  expect(metadata).toEqual({
    classes: CLASSES,
    backbones: [
      {
        architecture: 'random',
        preprocessing: { height: 9, width: 8, channels: 1, values: 'scale' },
        views: 'single',
      },
    ],
    provenance,
  });
  expect(model).toMatchObject({ irVersion: 8, producerName: 'fer-onnx', opsetImport: [{ domain: '', version: 17 }] });
  expect(model.graph!.name).toBe('faces');
});

describe('refuses', () => {
  const softmaxOf = (columns: number) => {
    const head = softmax();
    const data = new Float32Array(3 * columns).map((_, i) => i % 5);
    return head.fit({ data, rows: 3, columns }, { labels: Uint8Array.of(0, 1, 2), classes: CLASSES }).then(() => head);
  };

  it('a head that was fit on other features', async () => {
    await expect(exportOnnx(pipe(backbone, await softmaxOf(4)))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^the head \(softmax\) takes 4 features, the backbone gives \d+/),
    });
  });

  it('a head alone, one of another kind, and one that has learned nothing', async () => {
    const head = await fitted(softmax());
    await expect(exportOnnx(head as never)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /alone/ });
    const own: Head = { ...head, serialize: async () => ({ kind: 'nearest', config: {}, files: new Map() }) };
    await expect(exportOnnx(pipe(backbone, own))).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /"nearest"/ });
    await expect(exportOnnx(pipe(backbone, softmax()))).rejects.toMatchObject({ code: 'NOT_FITTED' });
  });

  it('a backbone of another kind, and members that take other images', async () => {
    const head = await softmaxOf(1);
    const means = {
      outputSize: 1,
      transform: async (x: Images) => ({ data: new Float32Array(x.n), rows: x.n, columns: 1 }),
      serialize: async () => ({ kind: 'means', config: {}, files: new Map() }),
      dispose() {},
    };
    await expect(exportOnnx(pipe(means, head))).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /"means"/ });
    const other = backboneOf([4, 4, 1], (x) => apply(layers.flatten(), x));
    const both = ensemble([pipe(backbone, await fitted(softmax())), pipe(other, await softmaxOf(16))]);
    await expect(exportOnnx(both)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /9×8×1, another of 4×4×1/ });
    other.dispose();
  });

  it('what is no classifier, and unknown options', async () => {
    await expect(exportOnnx(undefined as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(exportOnnx(backbone, { opset: 17 } as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
