import {
  type Augmentation,
  checkDataset,
  type Dataset,
  FerError,
  type FileStore,
  type LinearLayer,
  type Random,
  type RunOptions,
} from 'fer-core';
import type { FeatureCacheOptions } from '../features/featureStore.js';
import type { Loss } from './losses.js';
import { type Optimizer, rmsprop } from './optimizers.js';
import { constant, type Schedule } from './schedules.js';

/** Options of a backbone's `fit`. */
export interface TrainOptions extends RunOptions {
  /** Passes over the training set. @default 30 */
  readonly epochs?: number;
  /** Images a step. @default 64 */
  readonly batchSize?: number;
  /** @default rmsprop(), as the original */
  readonly optimizer?: Optimizer;
  /** Before the schedule. @default 3e-4 */
  readonly learningRate?: number;
  /** @default constant() */
  readonly schedule?: Schedule;
  /** @default 'softmax' */
  readonly loss?: Loss;
  /** Share of each target spread evenly over all classes (Szegedy et al., 2016), 0 to below 1. @default 0 */
  readonly labelSmoothing?: number;
  /**
   * How much an image of each class counts in the loss, e.g. fer-data's `classWeights(train)`; a soft label counts by
   * its mixture of them. The loss is divided by the number of images, as in Keras.
   * @default 1 each
   */
  readonly classWeights?: ArrayLike<number>;
  /** Applied to each batch of bytes, e.g. fer-data's `randomFlip()`. @default none */
  readonly augmentation?: Augmentation;
  /**
   * Applied to each batch after the augmentation; unlike that it may change labels too, e.g.
   * `(batch, random) => mixup(batch, random)`. It must not change its argument.
   * @default none
   */
  readonly batchTransform?: (batch: Dataset, random: Random) => Dataset;
  /** The gradient of all weights together is shortened to this length where it is longer. @default never */
  readonly clipNorm?: number;
  /**
   * Also keep an exponential moving average of all weights, with this decay a step (at first less: step t counts at
   * least 9/(10 + t)), measure that one, and end with it. 0 to below 1.
   * @default none
   */
  readonly emaDecay?: number;
  /** Measured after each epoch, and never trained on. @default none */
  readonly validation?: Dataset;
  /** End where the validation no longer improves, with the weights of its best epoch. @default after the last epoch */
  readonly earlyStopping?: EarlyStopping;
  /**
   * Run the frozen layers at the network's beginning once, and keep what they put out: later epochs cost only what
   * trains. Without augmentation the training is the same to the bit, in `float32`.
   * @default run with every step
   */
  readonly cacheFrozen?: FrozenCacheOptions;
  /** The dense layer on top to begin with, e.g. `backbone.layer` of a `fit` before. @default a fresh one */
  readonly layer?: LinearLayer;
  /** Save the training as it goes, and go on from what is saved. @default none */
  readonly checkpoints?: CheckpointOptions;
  /** Decides the order of images, augmentation and dropout. @default 0 */
  readonly seed?: number;
}

/** When to end early. */
export interface EarlyStopping {
  /** Epochs without improvement before training ends; `Infinity` runs them all and then takes the best. */
  readonly patience: number;
  /** What must improve. @default 'accuracy' */
  readonly monitor?: 'loss' | 'accuracy';
}

/**
 * Where a training saves itself. The same call of `fit` with the same options goes on from what is there, and ends with
 * the weights that a training without interruption would have had: to the bit, on the same engine and backend.
 */
export interface CheckpointOptions {
  /** E.g. fer-core/node's `diskStore('runs/shallow-1')`: a folder for this training alone. */
  readonly store: FileStore;
  /** Steps between two checkpoints; there is one after each epoch too. @default those after the epochs alone */
  readonly everySteps?: number;
  /** How many are kept: a damaged one falls back to the one before. @default 2 */
  readonly keep?: number;
}

/** How the outputs of frozen layers are kept, so that each epoch costs only what trains. */
export interface FrozenCacheOptions extends FeatureCacheOptions {
  /**
   * With augmentation: how many augmented passes over the training set are kept, which the epochs take in turn. Each
   * takes as much room as the set.
   * @default 1
   */
  readonly passes?: number;
}

/** What {@link TrainOptions} come to. */
export type Settings = TrainOptions &
  Required<
    Pick<
      TrainOptions,
      'epochs' | 'batchSize' | 'optimizer' | 'learningRate' | 'schedule' | 'loss' | 'labelSmoothing' | 'seed'
    >
  >;

/** Checks data and options before anything changes. */
export function resolve(data: Dataset, options: TrainOptions): Settings {
  checkDataset(data);
  const settings: Settings = {
    ...{ epochs: 30, batchSize: 64, optimizer: rmsprop(), learningRate: 3e-4, schedule: constant() },
    ...{ loss: 'softmax', labelSmoothing: 0, seed: 0 },
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
  const { epochs, batchSize, learningRate, labelSmoothing, emaDecay = 0, clipNorm = 1, validation } = settings;
  if (data.n === 0) throw new FerError('INVALID_DATA', 'the training set is empty: give at least one image.');
  checkClasses(data);
  demand(isCount(epochs), 'epochs', epochs, 'a whole number from 1');
  demand(isCount(batchSize), 'batchSize', batchSize, 'a whole number from 1');
  demand(isPositive(learningRate), 'learningRate', learningRate, 'a positive number');
  demand(isPositive(clipNorm), 'clipNorm', clipNorm, 'a positive number');
  demand(labelSmoothing >= 0 && labelSmoothing < 1, 'labelSmoothing', labelSmoothing, 'from 0 to below 1');
  demand(emaDecay >= 0 && emaDecay < 1, 'emaDecay', emaDecay, 'from 0 to below 1');
  checkClassWeights(settings.classWeights, data.classes);
  if (validation) {
    checkDataset(validation);
    if (validation.classes.join('\n') !== data.classes.join('\n')) {
      throw new FerError('INVALID_DATA', 'the validation set has other classes than the training set.');
    }
  }
  checkEarlyStopping(settings.earlyStopping, validation);
  const { passes = 1 } = settings.cacheFrozen ?? {};
  demand(isCount(passes), 'cacheFrozen.passes', passes, 'a whole number from 1');
  const { everySteps = 1, keep = 2 } = settings.checkpoints ?? {};
  demand(isCount(everySteps), 'checkpoints.everySteps', everySteps, 'a whole number from 1');
  demand(isCount(keep), 'checkpoints.keep', keep, 'a whole number from 1');
  return settings;
}

/** Refuses classes that nothing would teach the network. */
function checkClasses({ labels, soft, classes }: Dataset): void {
  const k = classes.length;
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

function checkClassWeights(weights: ArrayLike<number> | undefined, classes: readonly string[]): void {
  if (!weights) return;
  if (weights.length !== classes.length) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${weights.length} class weights for ${classes.length} classes: give one each.`,
    );
  }
  const wrong = Array.from(weights).findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (wrong >= 0) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the weight of class ${classes[wrong]} is ${weights[wrong]}: it must be 0 or a positive number.`,
    );
  }
}

function checkEarlyStopping(stopping: EarlyStopping | undefined, validation: Dataset | undefined): void {
  if (!stopping) return;
  const { patience } = stopping;
  demand(patience === Infinity || isCount(patience), 'patience', patience, 'a whole number from 1, or Infinity');
  if (!validation || validation.n === 0) {
    throw new FerError('INVALID_ARGUMENT', 'early stopping needs a validation set: give one.');
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

function isPositive(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}

function demand(holds: boolean, name: string, value: number, what: string): void {
  if (!holds) throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: it must be ${what}.`);
}
