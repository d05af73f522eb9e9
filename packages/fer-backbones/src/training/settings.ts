import {
  type Augmentation,
  checkDataset,
  checkOptions,
  type Dataset,
  FerError,
  type LinearLayer,
  type Progress,
  type Random,
  sameClasses,
} from 'fer-core';
import { resolveClassWeight } from './classWeight.js';
import { demand, isBelow1, isCount, isFromZero, isPositive } from './demand.js';
import type { Loss } from './losses.js';
import { type Optimizer, rmsprop } from './optimizers.js';
import { constant, type Schedule } from './schedules.js';
import type {
  CheckpointOptions,
  Distillation,
  EarlyStopping,
  FrozenCacheOptions,
  TrainOptions,
} from './trainOptions.js';

/** {@link TrainOptions} with all defaults filled in, checked against the data. */
export interface Settings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly loss: Loss;
  readonly labelSmoothing: number;
  /** One number per class. */
  readonly classWeight: Float64Array | undefined;
  readonly augmentation: Augmentation | undefined;
  readonly batchTransform: ((batch: Dataset, random: Random) => Dataset) | undefined;
  readonly distillation: Required<Distillation> | undefined;
  readonly clipNorm: number | undefined;
  readonly emaDecay: number | undefined;
  readonly validation: Dataset | undefined;
  readonly earlyStopping: Required<EarlyStopping> | undefined;
  readonly cacheFrozen: (FrozenCacheOptions & { readonly passes: number }) | undefined;
  readonly layer: LinearLayer | undefined;
  readonly checkpoints: Required<CheckpointOptions> | undefined;
  readonly seed: number;
  readonly onProgress: ((event: Progress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Fills in the defaults and checks data and options, before anything changes.
 *
 * @throws FerError `INVALID_DATA` or `INVALID_ARGUMENT`.
 */
export function resolveSettings(data: Dataset, options: TrainOptions): Settings {
  checkTrainOptions(options);
  checkDataset(data);
  if (data.n === 0) throw new FerError('INVALID_DATA', 'the training set is empty: give at least one image.');
  checkClasses(data);
  const { epochs = 30, batchSize = 64, optimizer = rmsprop(), learningRate = 3e-4, schedule = constant() } = options;
  const { loss = 'softmax', labelSmoothing = 0, clipNorm, emaDecay, seed = 0 } = options;
  demand(isCount(epochs), 'epochs', epochs, 'a whole number from 1');
  demand(isCount(batchSize), 'batchSize', batchSize, 'a whole number from 1');
  demand(isMethod(optimizer, 'update'), 'optimizer', optimizer, 'rmsprop(), sgd(), adamW() or one of your own');
  demand(typeof schedule === 'function', 'schedule', schedule, 'constant(), cosine() or another function');
  for (const name of ['augmentation', 'batchTransform'] as const) {
    const given = options[name];
    demand(given === undefined || typeof given === 'function', name, given, 'a function');
  }
  demand(isPositive(learningRate), 'learningRate', learningRate, 'a positive number');
  demand(loss === 'softmax' || loss === 'squaredHinge', 'loss', loss, "'softmax' or 'squaredHinge'");
  demand(isBelow1(labelSmoothing), 'labelSmoothing', labelSmoothing, 'from 0 to below 1');
  demand(clipNorm === undefined || isPositive(clipNorm), 'clipNorm', clipNorm, 'a positive number');
  demand(emaDecay === undefined || isBelow1(emaDecay), 'emaDecay', emaDecay, 'from 0 to below 1');
  const { validation } = options;
  if (validation !== undefined) {
    checkDataset(validation);
    if (!sameClasses(validation.classes, data.classes)) {
      throw new FerError('INVALID_DATA', 'the validation set has other classes than the training set.');
    }
  }
  return {
    epochs,
    batchSize,
    optimizer,
    learningRate,
    schedule,
    loss,
    labelSmoothing,
    classWeight: resolveClassWeight(options.classWeight, data),
    augmentation: options.augmentation,
    batchTransform: options.batchTransform,
    distillation: resolveDistillation(options.distillation, data, loss),
    clipNorm,
    emaDecay,
    validation,
    earlyStopping: resolveEarlyStopping(options.earlyStopping, validation),
    cacheFrozen: resolveCache(options),
    layer: options.layer,
    checkpoints: resolveCheckpoints(options.checkpoints),
    seed,
    // Called as a method, because the options may be an instance of a class that uses `this`.
    onProgress: options.onProgress && ((event) => options.onProgress?.(event)),
    signal: options.signal,
  };
}

/**
 * Checks the names of `fit`'s options, and the values of `onProgress` and `signal`.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkTrainOptions(options: TrainOptions): void {
  checkOptions('fit', options, TRAIN_OPTIONS);
}

/** The names of `fit`'s options. The compiler checks that none is missing. */
export const TRAIN_OPTIONS = Object.keys({
  epochs: 0,
  batchSize: 0,
  optimizer: 0,
  learningRate: 0,
  schedule: 0,
  loss: 0,
  labelSmoothing: 0,
  classWeight: 0,
  augmentation: 0,
  batchTransform: 0,
  distillation: 0,
  clipNorm: 0,
  emaDecay: 0,
  validation: 0,
  earlyStopping: 0,
  cacheFrozen: 0,
  layer: 0,
  checkpoints: 0,
  seed: 0,
  onProgress: 0,
  signal: 0,
} satisfies Record<keyof TrainOptions, 0>);

/** Throws if a class has no images to learn from. */
function checkClasses({ labels, soft, classes }: Dataset): void {
  const k = classes.length;
  if (k < 2) {
    throw new FerError('INVALID_DATA', `one class, [${classes.join()}]: give two or more to tell apart.`);
  }
  const seen = new Uint8Array(k);
  if (soft) for (let i = 0; i < soft.length; i++) seen[i % k] ||= Number(soft[i] > 0);
  else for (const label of labels) seen[label] = 1;
  const missing = classes.filter((_, i) => seen[i] === 0);
  if (missing.length === 0) return;
  throw new FerError(
    'INVALID_DATA',
    `no training image is ${missing.join(', ')}: add some, or leave the class out (fer-data's selectClasses).`,
  );
}

function resolveDistillation(given: Distillation | undefined, data: Dataset, loss: Loss): Settings['distillation'] {
  if (given === undefined) return undefined;
  checkOptions('distillation', given, ['teacher', 'temperature', 'weight']);
  const { teacher, temperature = 4, weight = 0.9 } = given;
  demand(isMethod(teacher, 'decisionFunction'), 'distillation.teacher', teacher, 'a classifier over images');
  demand(isPositive(temperature), 'distillation.temperature', temperature, 'a positive number');
  demand(isPositive(weight) && weight <= 1, 'distillation.weight', weight, 'above 0, at most 1');
  if (!sameClasses(teacher.classes, data.classes)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the teacher knows [${teacher.classes.join(', ')}], the training set has [${data.classes.join(', ')}]: they must ` +
        'be the same, in the same order.',
    );
  }
  if (loss !== 'softmax') {
    throw new FerError('INVALID_ARGUMENT', `distillation learns probabilities: use loss 'softmax', not '${loss}'.`);
  }
  return { teacher, temperature, weight };
}

function resolveEarlyStopping(
  given: EarlyStopping | undefined,
  validation: Dataset | undefined,
): Settings['earlyStopping'] {
  if (given === undefined) return undefined;
  checkOptions('earlyStopping', given, ['patience', 'monitor']);
  const { patience, monitor = 'accuracy' } = given;
  demand(patience === Infinity || isCount(patience), 'patience', patience, 'a whole number from 1, or Infinity');
  demand(monitor === 'accuracy' || monitor === 'loss', 'monitor', monitor, "'accuracy' or 'loss'");
  if (!validation || validation.n === 0) {
    throw new FerError('INVALID_ARGUMENT', 'early stopping needs a validation set: give one.');
  }
  return { patience, monitor };
}

function resolveCache({ cacheFrozen, batchTransform, distillation, augmentation }: TrainOptions) {
  if (cacheFrozen === undefined) return undefined;
  checkOptions('cacheFrozen', cacheFrozen, ['memoryLimit', 'type', 'spill', 'passes']);
  const { passes = 1, type = 'float32', memoryLimit, spill } = cacheFrozen;
  const limited = memoryLimit === undefined || memoryLimit === Infinity || isFromZero(memoryLimit);
  demand(limited, 'cacheFrozen.memoryLimit', memoryLimit, 'a number of bytes from 0');
  demand(spill === undefined || typeof spill === 'function', 'cacheFrozen.spill', spill, 'a function');
  demand(type === 'float32' || type === 'float16', 'cacheFrozen.type', type, "'float32' or 'float16'");
  demand(isCount(passes), 'cacheFrozen.passes', passes, 'a whole number from 1');
  const needsImages = batchTransform ? 'batchTransform' : distillation && 'distillation';
  if (needsImages) {
    throw new FerError('INVALID_ARGUMENT', `${needsImages} needs images, cacheFrozen keeps none: choose one.`);
  }
  return { memoryLimit, type: cacheFrozen.type, spill, passes: augmentation ? passes : 1 };
}

function resolveCheckpoints(given: CheckpointOptions | undefined): Settings['checkpoints'] {
  if (given === undefined) return undefined;
  checkOptions('checkpoints', given, ['store', 'everySteps', 'keep']);
  const { store, everySteps = Infinity, keep = 2 } = given;
  const wanted = 'a whole number from 1';
  demand(isMethod(store, 'write'), 'checkpoints.store', store, "a store, e.g. fer-core/node's diskStore(path)");
  demand(everySteps === Infinity || isCount(everySteps), 'checkpoints.everySteps', everySteps, wanted);
  demand(isCount(keep), 'checkpoints.keep', keep, wanted);
  return { store, everySteps, keep };
}

function isMethod(owner: unknown, name: string): boolean {
  return typeof (owner as Readonly<Record<string, unknown>> | null | undefined)?.[name] === 'function';
}
