import { memoryStore, type Progress, Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  constant,
  cosine,
  fineTune,
  inverseTimeDecay,
  LayersBackbone,
  plateau,
  rmsprop,
  sgd,
  type TrainOptions,
} from '../../src/index.js';
import { buildNetwork } from '../../src/network/network.js';
import { patches } from '../data.js';

beforeAll(() => useWasm({ threads: 1 }));

const INPUT = { height: 12, width: 12, channels: 1, values: 'scale' } as const;

function tiny({ seed = 1, dropout = 0.25, name = 'features', values = 'scale' as 'scale' | 'standardise' } = {}) {
  const model = buildNetwork(
    [{ pool: 3 }, 'flatten', { dense: 6, relu: true, name }, { dropout }],
    INPUT,
    new Random(seed),
  );
  return new LayersBackbone('tiny', model, { ...INPUT, values });
}

const train = patches(30, 12);
const test = patches(12, 12, 1);
const OPTIONS: TrainOptions = {
  epochs: 2,
  batchSize: 10,
  seed: 3,
  optimizer: sgd(),
  learningRate: 0.01,
  augmentation: (images) => ({ ...images, images: images.images.map((value) => 255 - value) }),
  batchTransform: (batch) => batch,
  validation: test,
  earlyStopping: { patience: 5 },
};

async function numbers(backbone: LayersBackbone, options: TrainOptions, data = train) {
  const { history } = await backbone.fit(data, options);
  const weights = backbone.model.getWeights().map((weight) => Array.from(weight.dataSync()));
  return { weights, history: history.map(({ seconds, ...record }) => record) };
}

async function run(options: TrainOptions, network: Parameters<typeof tiny>[0] = {}, data = train) {
  const backbone = tiny(network);
  try {
    return await numbers(backbone, options, data);
  } finally {
    backbone.dispose();
  }
}

/** A store with the checkpoints of a training of two epochs. */
async function stored(options: TrainOptions = OPTIONS) {
  const store = memoryStore();
  await run({ ...options, checkpoints: { store } });
  return store;
}

describe('a checkpoint is refused in a training with another', () => {
  const brighter: TrainOptions['augmentation'] = (images) => ({
    ...images,
    images: images.images.map((value) => Math.min(255, value + 1)),
  });
  const layer = {
    weights: { data: new Float32Array(18).fill(0.1), rows: 6, columns: 3 },
    bias: new Float32Array(3),
    classes: train.classes,
  };
  const cases: [string, TrainOptions, Parameters<typeof tiny>[0]?, typeof train?][] = [
    ['weights', {}, { seed: 2 }],
    ['network', {}, { dropout: 0.5 }],
    ['network', {}, { values: 'standardise' }],
    ['layer', { layer }],
    ['data', {}, {}, patches(30, 12, 7)],
    ['validation', { validation: patches(12, 12, 9) }],
    ['validation', { validation: undefined, earlyStopping: undefined }],
    ['seed', { seed: 4 }],
    ['batchSize', { batchSize: 15 }],
    ['optimizer', { optimizer: rmsprop() }],
    ['optimizer', { optimizer: sgd({ momentum: 0.8 }) }],
    ['learningRate', { learningRate: 0.02 }],
    ['loss', { loss: 'squaredHinge' }],
    ['labelSmoothing', { labelSmoothing: 0.1 }],
    ['classWeight', { classWeight: [1, 2, 1] }],
    ['clipNorm', { clipNorm: 1 }],
    ['emaDecay', { emaDecay: 0.9 }],
    ['augmentation', { augmentation: undefined }],
    ['augmentation', { augmentation: brighter }],
    ['batchTransform', { batchTransform: undefined }],
    ['monitor', { earlyStopping: { patience: 5, monitor: 'loss' } }],
    ['course of learning rates', { schedule: cosine() }],
    ['course of learning rates', { schedule: inverseTimeDecay(1e-2) }],
    ['number of epochs', { epochs: 1 }],
  ];
  it.each(cases)('%s %#', async (name, options, network, data) => {
    const store = await stored();
    const kept = await store.list();
    await expect(run({ ...OPTIONS, ...options, checkpoints: { store } }, network, data)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(new RegExp(`another .*${name}`)),
    });
    expect(await store.list()).toEqual(kept);
  });

  it('network, where other layers train', async () => {
    const store = await stored();
    const backbone = tiny();
    backbone.freeze({ until: 'features' });
    await expect(backbone.fit(train, { ...OPTIONS, checkpoints: { store } })).rejects.toThrow('another network');
    backbone.dispose();
  });

  it('frozen cache of another precision, or of augmented passes', async () => {
    const frozen = (options: TrainOptions, store = memoryStore()) => {
      const backbone = tiny();
      backbone.freeze({ until: 'features' });
      const rest = { ...OPTIONS, batchTransform: undefined };
      return backbone.fit(train, { ...rest, ...options, checkpoints: { store } }).finally(() => backbone.dispose());
    };
    const store = memoryStore();
    await frozen({ cacheFrozen: {}, augmentation: undefined }, store);
    // Kept in float32, it changes no number.
    await frozen({ augmentation: undefined }, store);
    await expect(frozen({ augmentation: undefined, cacheFrozen: { type: 'float16' } }, store)).rejects.toThrow(
      'cacheFrozen',
    );
    const passes = memoryStore();
    await frozen({ cacheFrozen: { passes: 2 } }, passes);
    await expect(frozen({ cacheFrozen: { passes: 1 } }, passes)).rejects.toThrow('cacheFrozen');
    await expect(frozen({}, passes)).rejects.toThrow('cacheFrozen');
  });

  it('patience that would have ended it before', async () => {
    const options = { ...OPTIONS, epochs: 8, learningRate: 1e-9, earlyStopping: { patience: 5 } };
    const store = await stored(options);
    const other = run({ ...options, earlyStopping: { patience: 1 }, checkpoints: { store } });
    await expect(other).rejects.toThrow('another patience');
  });
});

describe('a checkpoint is taken up', () => {
  it('by another schedule and more epochs that led to the same state, and by other names', async () => {
    const options = { ...OPTIONS, schedule: constant() };
    const later: TrainOptions['schedule'] = (step) => (step < 6 ? 1 : 0.1);
    const store = await stored(options);
    const more = { ...options, epochs: 4, schedule: later, earlyStopping: { patience: 7 } };
    const resumed = await run({ ...more, checkpoints: { store, keep: 1, everySteps: 2 } }, { name: 'other' });
    expect(resumed).toEqual(await run(more));
    expect(resumed.history).toHaveLength(4);
  });

  it('where the rates depend on the epochs that were done by then', async () => {
    // No epoch improves, so that every one lowers the rate.
    const schedule = plateau({ patience: 1, monitor: 'loss', minDelta: 100 });
    const options = { ...OPTIONS, epochs: 4, schedule, earlyStopping: undefined };
    const store = await stored({ ...options, epochs: 3 });
    const resumed = await run({ ...options, checkpoints: { store } });
    expect(resumed).toEqual(await run(options));
    expect(new Set(resumed.history.map(({ learningRate }) => learningRate)).size).toBe(3);
    const other = { ...options, schedule: plateau({ patience: 1, monitor: 'loss', minDelta: 100, factor: 0.4 }) };
    await expect(run({ ...other, checkpoints: { store } })).rejects.toThrow('course of learning rates');
  });

  it('where it ended by its patience, and is given again', async () => {
    const options = { ...OPTIONS, epochs: 8, learningRate: 1e-9, earlyStopping: { patience: 2 } };
    const whole = await run(options);
    expect(whole.history).toHaveLength(3);
    const store = await stored(options);
    const events: Progress[] = [];
    const again = await run({ ...options, checkpoints: { store }, onProgress: (event) => events.push(event) });
    expect(again).toEqual(whole);
    expect(events.filter(({ kind }) => kind === 'checkpoint')).toEqual([
      {
        kind: 'checkpoint',
        action: 'resumed',
        file: expect.stringContaining('checkpoint-000000009.bin'),
        step: 9,
      },
    ]);
  });

  it('and each one is told of', async () => {
    const events: Progress[] = [];
    const store = memoryStore();
    await run({ ...OPTIONS, checkpoints: { store, everySteps: 2 }, onProgress: (event) => events.push(event) });
    const saved = events.flatMap((event) => (event.kind === 'checkpoint' ? [[event.action, event.file]] : []));
    const names = [2, 3, 4, 6].map((step) => `checkpoint-00000000${step}.bin`);
    expect(saved).toEqual(names.map((name) => ['saved', `${store.location}/${name}`]));
    expect((await store.list()).sort()).toEqual(names.slice(-2));
  });

  it('by a second call on the network that an abort left half trained', async () => {
    const whole = await run(OPTIONS);
    const store = memoryStore();
    const backbone = tiny();
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const checkpoints = { store, everySteps: 1 };
    const call = backbone.fit(train, { ...OPTIONS, checkpoints, onProgress, signal: controller.signal });
    await expect(call).rejects.toThrow('enough');
    expect(await numbers(backbone, { ...OPTIONS, checkpoints })).toEqual(whole);
    // Once more: what is finished is given again.
    expect(await numbers(backbone, { ...OPTIONS, checkpoints })).toEqual(whole);
    // Weights that something else changed are another matter.
    await backbone.fit(train, { ...OPTIONS, epochs: 1 });
    await expect(backbone.fit(train, { ...OPTIONS, checkpoints })).rejects.toThrow('another weights');
    backbone.dispose();
  });

  it('by stages that are all run again', async () => {
    const stages = () => [
      { ...OPTIONS, freeze: { until: 'features' }, checkpoints: { store: first } },
      { ...OPTIONS, freeze: { until: 'flatten' }, seed: 8, checkpoints: { store: second } },
    ];
    const [first, second] = [memoryStore(), memoryStore()];
    const backbone = tiny();
    await fineTune(backbone, train, stages());
    const { data } = await backbone.transform(test);
    await fineTune(backbone, train, stages());
    expect((await backbone.transform(test)).data).toEqual(data);
    backbone.dispose();
    const fresh = tiny();
    await fineTune(fresh, train, stages());
    expect((await fresh.transform(test)).data).toEqual(data);
    fresh.dispose();
  });

  it('but not by the next of several seeds', async () => {
    const store = memoryStore();
    await run({ ...OPTIONS, checkpoints: { store } }, { seed: 1 });
    await expect(run({ ...OPTIONS, checkpoints: { store } }, { seed: 2 })).rejects.toThrow('another weights');
  });
});
