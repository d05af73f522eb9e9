import type { Augmentation, Classifier, Dataset, FileStore, Images, LinearLayer, Random, RunOptions } from 'fer-core';
import type { FeatureCacheOptions } from '../features/featureStore.js';
import type { Loss } from './losses.js';
import type { Optimizer } from './optimizers.js';
import type { Schedule } from './schedules.js';

/** Options of a backbone's `fit`. */
export interface TrainOptions extends RunOptions {
  /** Passes over the training set. @default 30 */
  readonly epochs?: number | undefined;
  /** Images per step. @default 64 */
  readonly batchSize?: number | undefined;
  /** @default rmsprop(), as the original */
  readonly optimizer?: Optimizer | undefined;
  /** The rate before the schedule's factor. @default 3e-4 */
  readonly learningRate?: number | undefined;
  /** @default constant() */
  readonly schedule?: Schedule | undefined;
  /** @default 'softmax' */
  readonly loss?: Loss | undefined;
  /** Share of each target spread evenly over all classes (Szegedy et al., 2016), 0 to below 1. @default 0 */
  readonly labelSmoothing?: number | undefined;
  /**
   * The weight of each class in the loss, in the order of `classes`; `'balanced'` is n / (k · images of the class), as in
   * scikit-learn. A soft label has the mean of the weights by its distribution. The loss is divided by the number of
   * images, as in Keras.
   * @default 1 each
   */
  readonly classWeight?: 'balanced' | ArrayLike<number> | undefined;
  /** Applied to each batch of bytes, e.g. fer-data's `randomFlip()`. @default none */
  readonly augmentation?: Augmentation | undefined;
  /**
   * Applied to each batch after the augmentation. It may change labels too, e.g.
   * `(batch, random) => mixup(batch, random)`, but not the number of images or the classes. It must not change its
   * argument, and must take all randomness from the generator given.
   * @default none
   */
  readonly batchTransform?: ((batch: Dataset, random: Random) => Dataset) | undefined;
  /** Learn from the probabilities of another classifier too. @default from the labels alone */
  readonly distillation?: Distillation | undefined;
  /** The gradient of all weights together is scaled down to this norm where it is longer. @default never */
  readonly clipNorm?: number | undefined;
  /**
   * Keep an exponential moving average of all weights with this decay a step, measure it after each epoch, and end with
   * it. The decay of step t, from 0, is at most (1 + t) / (10 + t). 0 to below 1.
   * @default none
   */
  readonly emaDecay?: number | undefined;
  /** Measured after each epoch, and never trained on. @default none */
  readonly validation?: Dataset | undefined;
  /** End when the validation no longer improves, with the weights of its best epoch. @default after the last epoch */
  readonly earlyStopping?: EarlyStopping | undefined;
  /**
   * Run the frozen layers at the beginning of the network once, and keep their outputs: later epochs run only the layers
   * that train. Without augmentation and with `float32` the training is the same to the bit.
   * @default run them with every step
   */
  readonly cacheFrozen?: FrozenCacheOptions | undefined;
  /** The dense layer on top to begin with, e.g. `backbone.layer` of an earlier `fit`. @default a fresh one */
  readonly layer?: LinearLayer | undefined;
  /** Save the training as it goes, and resume from what is saved. @default none */
  readonly checkpoints?: CheckpointOptions | undefined;
  /** Decides the order of images, augmentation, dropout and a fresh layer's weights. @default 0 */
  readonly seed?: number | undefined;
}

/** When to end early. */
export interface EarlyStopping {
  /** Epochs without improvement before training ends; `Infinity` runs them all and then takes the best. */
  readonly patience: number;
  /** Which figure of the validation must improve. @default 'accuracy' */
  readonly monitor?: 'loss' | 'accuracy' | undefined;
}

/**
 * Knowledge distillation (Hinton, Vinyals & Dean, 2015, arXiv 1503.02531): the network learns the probabilities that a
 * teacher gives to the very images of each batch, after the augmentation and `batchTransform`. The loss is
 * weight · T² · H(teacher, network) at temperature T + (1 − weight) · H(labels, network), H being the cross-entropy.
 */
export interface Distillation {
  /**
   * Any classifier over images with the training set's classes in their order, e.g. an `ensemble` of fer-heads. Its
   * `predictProba` is used where it has one, else the softmax of its `decisionFunction`.
   */
  readonly teacher: Classifier<Images>;
  /** T: probabilities are raised to the power 1/T and normalised. Above 0. @default 4 */
  readonly temperature?: number;
  /** Share of the teacher in the loss, above 0 to 1. @default 0.9 */
  readonly weight?: number;
}

/**
 * Where a training saves itself. The same call of `fit` resumes from what is there, and ends with the weights that a
 * training without interruption would have had: to the bit, on the same engine and backend.
 *
 * The run is identified by its initial weights, its data and every option that changes a number. `epochs`, `schedule` and
 * `patience` may differ as long as they would have led to the same state: more epochs with a constant schedule, say.
 * `onProgress`, `signal`, `everySteps` and `keep` may always differ. Functions (`augmentation`, `batchTransform`) are
 * compared by what they make of a few training images.
 */
export interface CheckpointOptions {
  /** E.g. fer-core/node's `diskStore('runs/shallow-1')`: a folder for this training alone. */
  readonly store: FileStore;
  /** Steps between two checkpoints; there is one after each epoch too. @default those after the epochs alone */
  readonly everySteps?: number | undefined;
  /** How many are kept: a damaged one falls back to the one before. @default 2 */
  readonly keep?: number | undefined;
}

/** How the outputs of frozen layers are kept, so that each epoch runs only the layers that train. */
export interface FrozenCacheOptions extends FeatureCacheOptions {
  /**
   * With augmentation: how many augmented passes over the training set are kept, which the epochs take in turn. Each
   * takes as much room as the set.
   * @default 1
   */
  readonly passes?: number | undefined;
}
