import { memoryStore } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { type Distillation, sgd, type TrainOptions } from '../../src/index.js';
import { resolveSettings } from '../../src/training/settings.js';
import { patches } from '../data.js';

const train = patches(12, 4);
const validation = patches(6, 4, 1);
const store = memoryStore();
const teacher = { classes: train.classes, decisionFunction: () => undefined } as unknown as Distillation['teacher'];

describe('the options of fit', () => {
  it('have the documented defaults', () => {
    const settings = resolveSettings(train, {});
    expect(settings).toMatchObject({ epochs: 30, batchSize: 64, learningRate: 3e-4, loss: 'softmax', seed: 0 });
    expect(settings).toMatchObject({ labelSmoothing: 0, classWeight: undefined, clipNorm: undefined });
    expect(settings.optimizer).toMatchObject({ name: 'rmsprop', config: { decay: 0.9, epsilon: 1e-7 } });
    expect(settings.schedule(7, 10, [])).toBe(1);
    expect(settings.onProgress).toBeUndefined();
    const nested = resolveSettings(train, {
      validation,
      earlyStopping: { patience: 1 },
      distillation: { teacher },
      checkpoints: { store },
    });
    expect(nested.earlyStopping).toEqual({ patience: 1, monitor: 'accuracy' });
    expect(nested.distillation).toEqual({ teacher, temperature: 4, weight: 0.9 });
    expect(nested.checkpoints).toEqual({ store, everySteps: Infinity, keep: 2 });
    // Passes only tell augmented images apart.
    const augmentation: TrainOptions['augmentation'] = (images) => images;
    expect(resolveSettings(train, { cacheFrozen: {}, augmentation }).cacheFrozen).toEqual({ passes: 1 });
    expect(resolveSettings(train, { cacheFrozen: { passes: 3 }, augmentation }).cacheFrozen).toEqual({ passes: 3 });
    expect(resolveSettings(train, { cacheFrozen: { passes: 3, type: 'float16' } }).cacheFrozen).toEqual({
      passes: 1,
      type: 'float16',
    });
  });

  it.each<TrainOptions>([
    { epochs: 1 },
    { batchSize: 1 },
    { learningRate: Number.MIN_VALUE },
    { labelSmoothing: 0 },
    { labelSmoothing: 0.999 },
    { emaDecay: 0 },
    { emaDecay: 0.9999 },
    { clipNorm: 1e-9 },
    { loss: 'squaredHinge' },
    { classWeight: [0, 1, 2] },
    { optimizer: sgd() },
    { validation, earlyStopping: { patience: 1, monitor: 'loss' } },
    { validation, earlyStopping: { patience: Infinity, monitor: 'accuracy' } },
    { cacheFrozen: { passes: 1, type: 'float32' } },
    { checkpoints: { store, everySteps: 1, keep: 1 } },
    { checkpoints: { store, everySteps: Infinity } },
    { distillation: { teacher, temperature: 1e-3, weight: 1 } },
    { distillation: { teacher, weight: 1e-3 } },
  ])('are taken at the ends of their ranges: %j', (options) => {
    expect(() => resolveSettings(train, options)).not.toThrow();
  });

  const unlike = { ...teacher, classes: ['top', 'left'] } as unknown as Distillation['teacher'];
  const turned = { ...teacher, classes: [...train.classes].reverse() } as unknown as Distillation['teacher'];
  it.each<[string, TrainOptions, RegExp]>([
    ['epochs', { epochs: 0 }, /^epochs is 0: it must be a whole number from 1/],
    ['epochs', { epochs: 1.5 }, /^epochs is 1.5/],
    ['batchSize', { batchSize: 0 }, /^batchSize is 0: it must be a whole number from 1/],
    ['optimizer', { optimizer: { name: 'x' } as never }, /^optimizer is .*rmsprop\(\)/],
    ['optimizer', { optimizer: null as never }, /^optimizer is null/],
    ['schedule', { schedule: 1 as never }, /^schedule is 1: .*cosine\(\)/],
    ['augmentation', { augmentation: 1 as never }, /^augmentation is 1: it must be a function/],
    ['batchTransform', { batchTransform: 1 as never }, /^batchTransform is 1: it must be a function/],
    ['learningRate', { learningRate: 0 }, /^learningRate is 0: it must be a positive number/],
    ['learningRate', { learningRate: Infinity }, /^learningRate is Infinity/],
    ['loss', { loss: 'l2' as never }, /^loss is "l2": .*'squaredHinge'/],
    ['labelSmoothing', { labelSmoothing: 1 }, /^labelSmoothing is 1: it must be from 0 to below 1/],
    ['labelSmoothing', { labelSmoothing: -0.1 }, /^labelSmoothing is -0.1/],
    ['clipNorm', { clipNorm: 0 }, /^clipNorm is 0: it must be a positive number/],
    ['clipNorm', { clipNorm: Infinity }, /^clipNorm is Infinity/],
    ['emaDecay', { emaDecay: 1 }, /^emaDecay is 1: it must be from 0 to below 1/],
    ['emaDecay', { emaDecay: -0.1 }, /^emaDecay is -0.1/],
    ['classWeight', { classWeight: [1, 1, -1] }, /class centre is -1/],
    ['classWeight', { classWeight: [1, Number.NaN, 1] }, /class left is NaN/],
    ['classWeight', { classWeight: [Infinity, 1, 1] }, /class top is Infinity/],
    ['classWeight', { classWeight: [1, 1] }, /2 class weights for 3 classes/],
    ['classWeight', { classWeight: 'abc' as never }, /"abc" for 3 classes/],
    ['validation', { earlyStopping: { patience: 1 } }, /early stopping needs a validation set/],
    ['patience', { validation, earlyStopping: { patience: 0 } }, /^patience is 0: .*or Infinity/],
    ['patience', { validation, earlyStopping: { patience: 1.5 } }, /^patience is 1.5/],
    ['monitor', { validation, earlyStopping: { patience: 1, monitor: 'f1' as never } }, /^monitor is "f1": .*'loss'/],
    ['earlyStopping', { validation, earlyStopping: { patience: 1, wait: 2 } as never }, /earlyStopping.*"wait"/],
    ['cacheFrozen', { cacheFrozen: { type: 'int8' as never } }, /^cacheFrozen.type is "int8": .*'float16'/],
    ['cacheFrozen', { cacheFrozen: { passes: 0 } }, /^cacheFrozen.passes is 0: it must be a whole number from 1/],
    ['cacheFrozen', { cacheFrozen: { limit: 1 } as never }, /cacheFrozen.*"limit"/],
    ['cacheFrozen', { cacheFrozen: {}, batchTransform: (batch) => batch }, /batchTransform needs images/],
    ['cacheFrozen', { cacheFrozen: {}, distillation: { teacher } }, /distillation needs images/],
    ['checkpoints', { checkpoints: { store: {} as never } }, /^checkpoints.store is .*diskStore/],
    [
      'checkpoints',
      { checkpoints: { store, everySteps: 0 } },
      /^checkpoints.everySteps is 0: it must be a whole number from 1/,
    ],
    ['checkpoints', { checkpoints: { store, keep: 0 } }, /^checkpoints.keep is 0: it must be a whole number from 1/],
    ['checkpoints', { checkpoints: { store, path: 'x' } as never }, /checkpoints.*"path"/],
    ['distillation', { distillation: { teacher: {} as never } }, /^distillation.teacher is .*classifier/],
    [
      'distillation',
      { distillation: { teacher, temperature: 0 } },
      /^distillation.temperature is 0: it must be a positive number/,
    ],
    ['distillation', { distillation: { teacher, weight: 0 } }, /^distillation.weight is 0: .*above 0, at most 1/],
    ['distillation', { distillation: { teacher, weight: 1.1 } }, /^distillation.weight is 1.1/],
    ['distillation', { distillation: { teacher: unlike } }, /the teacher knows \[top, left\]/],
    ['distillation', { distillation: { teacher: turned } }, /in the same order/],
    ['distillation', { distillation: { teacher }, loss: 'squaredHinge' }, /use loss 'softmax'/],
    ['distillation', { distillation: { teacher, alpha: 1 } as never }, /distillation.*"alpha"/],
    ['unknown', { epoch: 3 } as never, /"epoch"/],
    ...['', 0, false, null].flatMap((given) =>
      ['distillation', 'earlyStopping', 'cacheFrozen', 'checkpoints'].map((name): [string, TrainOptions, RegExp] => [
        name,
        { [name]: given },
        new RegExp(`the options of ${name} are `),
      ]),
    ),
    ['memoryLimit', { cacheFrozen: { memoryLimit: '1' as never } }, /^cacheFrozen.memoryLimit is "1"/],
    ['spill', { cacheFrozen: { spill: 'x' as never } }, /^cacheFrozen.spill is "x"/],
    ['labelSmoothing', { labelSmoothing: null as never }, /^labelSmoothing is null/],
    ['labelSmoothing', { labelSmoothing: '0.1' as never }, /^labelSmoothing is "0.1"/],
    ['optimizer', { optimizer: null as never }, /^optimizer is null/],
    ['distillation', { distillation: { teacher, weight: true as never } }, /^distillation.weight is true/],
  ])('%s is refused out of its range %#', (_, options, message) => {
    const call = () => resolveSettings(train, options);
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(call).toThrow(message);
  });

  it.each([
    ['no images', { ...train, n: 0, images: new Uint8Array(0), labels: new Uint8Array(0) }, /training set is empty/],
    ['one class', { ...train, labels: new Uint8Array(12), classes: ['only'] }, /one class, \[only\]/],
    ['a class without images', { ...train, classes: [...train.classes, 'right', 'low'] }, /is right, low: add some/],
    [
      'a class that no soft label has',
      { ...train, soft: Float32Array.from({ length: 36 }, (_, i) => [0.5, 0.5, 0][i % 3]) },
      /no training image is centre/,
    ],
  ])('data with %s are refused', (_, data, message) => {
    expect(() => resolveSettings(data, {})).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
    expect(() => resolveSettings(data, {})).toThrow(message);
  });

  it('data where only soft labels have a class are taken', () => {
    const soft = Float32Array.from({ length: 36 }, (_, i) => (i < 3 ? [0, 0, 1] : [0.5, 0.5, 0])[i % 3]);
    const labels = new Uint8Array(12);
    labels[0] = 2;
    expect(() => resolveSettings({ ...train, labels, soft }, {})).not.toThrow();
  });

  it('a validation set must have the same classes in the same order, and be sound', () => {
    const bad = expect.objectContaining({ code: 'INVALID_DATA' });
    const classes = [...train.classes].reverse();
    expect(() => resolveSettings(train, { validation: { ...validation, classes } })).toThrow(bad);
    expect(() => resolveSettings(train, { validation: { ...validation, n: 5 } })).toThrow(bad);
    const empty = { ...validation, n: 0, images: new Uint8Array(0), labels: new Uint8Array(0) };
    const call = () => resolveSettings(train, { validation: empty, earlyStopping: { patience: 1 } });
    expect(call).toThrow('needs a validation set');
    for (const nothing of ['', 0, false, null]) {
      expect(() => resolveSettings(train, { validation: nothing as never })).toThrow(/the images are /);
    }
  });
});
