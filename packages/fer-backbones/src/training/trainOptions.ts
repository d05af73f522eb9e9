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
  /** The learning rate, which the schedule's factor multiplies. @default 3e-4 */
  readonly learningRate?: number | undefined;
  /** @default constant() */
  readonly schedule?: Schedule | undefined;
  /** @default 'softmax' */
  readonly loss?: Loss | undefined;
  /**
   * The part of each target that is spread evenly over all classes (Szegedy et al., 2016), from 0 to below 1. @default
   * 0
   */
  readonly labelSmoothing?: number | undefined;
  /**
   * The weight of each class in the loss, in the order of `classes`. `'balanced'` is n / (k · images of the class), as
   * in scikit-learn. A soft label has the mean of the weights under its distribution. The loss is divided by the number
   * of images, as in Keras.
   * @default 1 for each class
   */
  readonly classWeight?: 'balanced' | ArrayLike<number> | undefined;
  /** Applied to each batch of bytes, e.g. fer-data's `randomFlip()`. @default none */
  readonly augmentation?: Augmentation | undefined;
  /**
   * Applied to each batch after the augmentation, e.g. `(batch, random) => mixup(batch, random)`. It may change labels,
   * but not the number of images or the classes. It must not modify its argument, and must take all random numbers from
   * the given generator.
   * @default none
   */
  readonly batchTransform?: ((batch: Dataset, random: Random) => Dataset) | undefined;
  /** Also learn from the probabilities of another classifier. @default learn from the labels only */
  readonly distillation?: Distillation | undefined;
  /**
   * The largest norm of the gradient of all weights together. Longer gradients are scaled down to it. @default no limit
   */
  readonly clipNorm?: number | undefined;
  /**
   * Keep an exponential moving average of all weights with this decay per step, from 0 to below 1. The average is
   * evaluated after each epoch, and training ends with it. The decay of step t, from 0, is at most (1 + t) / (10 + t).
   * @default none
   */
  readonly emaDecay?: number | undefined;
  /** A data set that is evaluated after each epoch and never trained on. @default none */
  readonly validation?: Dataset | undefined;
  /**
   * Stop when the validation score no longer improves, and restore the weights of the best epoch. @default run all
   * epochs
   */
  readonly earlyStopping?: EarlyStopping | undefined;
  /**
   * Run the frozen layers at the beginning of the network once and cache their outputs. Epochs then only run the layers
   * that train. Without augmentation and with `float32`, the result is bit-identical.
   * @default run them at every step
   */
  readonly cacheFrozen?: FrozenCacheOptions | undefined;
  /** The dense layer to start with, e.g. `backbone.layer` of an earlier `fit`. @default a new one */
  readonly layer?: LinearLayer | undefined;
  /** Save checkpoints during training, and resume from them. @default none */
  readonly checkpoints?: CheckpointOptions | undefined;
  /** Seed of the order of images, augmentation, dropout and the initial weights of a new dense layer. @default 0 */
  readonly seed?: number | undefined;
}

/** When to stop early. */
export interface EarlyStopping {
  /**
   * How many epochs without improvement to wait before stopping. `Infinity` runs all epochs and then restores the best.
   */
  readonly patience: number;
  /** The validation metric to watch. @default 'accuracy' */
  readonly monitor?: 'loss' | 'accuracy' | undefined;
}

/**
 * Knowledge distillation (Hinton, Vinyals & Dean, 2015, arXiv 1503.02531): the network also learns the probabilities
 * that a teacher predicts for the images of each batch, after the augmentation and `batchTransform`. The loss is weight
 * · T² · H(teacher, network) at temperature T + (1 − weight) · H(labels, network), where H is the cross-entropy.
 */
export interface Distillation {
  /**
   * Any classifier of images that has the training set's classes in the same order, e.g. an `ensemble` of fer-heads.
   * Its `predictProba` is used if it has one, otherwise the softmax of its `decisionFunction`.
   */
  readonly teacher: Classifier<Images>;
  /** T: probabilities are raised to the power 1/T and normalised. Above 0. @default 4 */
  readonly temperature?: number | undefined;
  /** Weight of the teacher in the loss, above 0 and at most 1. @default 0.9 */
  readonly weight?: number | undefined;
}

/**
 * Where a training run saves checkpoints. The same call of `fit` resumes from them, and ends with the weights of an
 * uninterrupted run, bit-identical on the same engine and backend.
 *
 * The run is identified by its initial weights, its data and every option that affects the numbers. `epochs`,
 * `schedule` and `patience` may differ if they would have led to the same state, for example more epochs with a
 * constant schedule. `onProgress`, `signal`, `everySteps` and `keep` may always differ. Functions (`augmentation`,
 * `batchTransform`) are compared by their results for a few training images.
 */
export interface CheckpointOptions {
  /** E.g. fer-core/node's `diskStore('runs/shallow-1')`. The folder must be used by this training run only. */
  readonly store: FileStore;
  /** Steps between two checkpoints, in addition to one after each epoch. @default only after each epoch */
  readonly everySteps?: number | undefined;
  /** How many checkpoints to keep. If the newest is damaged, `fit` resumes from the one before. @default 2 */
  readonly keep?: number | undefined;
}

/** How the outputs of frozen layers are cached, so that each epoch only runs the layers that train. */
export interface FrozenCacheOptions extends FeatureCacheOptions {
  /**
   * With augmentation: how many augmented passes over the training set are cached. The epochs use them in rotation.
   * Each takes as much memory as the whole set.
   * @default 1
   */
  readonly passes?: number | undefined;
}
