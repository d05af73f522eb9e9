import * as tf from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import {
  type Augmentation,
  breathe,
  checkDataset,
  type Dataset,
  type EpochRecord,
  FerError,
  type Images,
  Random,
  type RunOptions,
} from 'fer-core';
import { dense, rmspropStep } from 'fer-wasm';
import { forward } from './forward.js';
import { type Loss, meanLoss } from './losses.js';
import { type Preprocessing, toTensor } from './preprocessing.js';
import { constant, type Schedule } from './schedules.js';

/** Options of a backbone's `fit`. */
export interface TrainOptions extends RunOptions {
  /** Passes over the training set. @default 30 */
  readonly epochs?: number;
  /** Images a step. @default 64 */
  readonly batchSize?: number;
  /** Of RMSprop, before the schedule. @default 3e-4 */
  readonly learningRate?: number;
  /** @default constant() */
  readonly schedule?: Schedule;
  /** @default 'softmax' */
  readonly loss?: Loss;
  /** Share of each target spread evenly over all classes (Szegedy et al., 2016), 0 to below 1. @default 0 */
  readonly labelSmoothing?: number;
  /** Applied to each batch of bytes, e.g. fer-data's `randomFlip()`. @default none */
  readonly augmentation?: Augmentation;
  /** Measured after each epoch, and never trained on. @default none */
  readonly validation?: Dataset;
  /** Decides the order of images, augmentation and dropout. @default 0 */
  readonly seed?: number;
}

/** What {@link TrainOptions} come to. */
type Settings = Required<Omit<TrainOptions, 'augmentation' | 'validation' | 'onProgress' | 'signal'>> & TrainOptions;

/** A network and the dense layer on top of it that training needs: scores = features · kernel + bias. */
export interface Trainee {
  readonly model: Sequential;
  readonly preprocessing: Preprocessing;
  readonly kernel: tf.Variable;
  readonly bias: tf.Variable;
}

/** RMSprop's moving average, and what is added to it: Keras' defaults. */
const DECAY = 0.9;
const EPSILON = 1e-7;

/** Images a pass of inference: enough to fill the cores, few enough to stay small. */
export const INFERENCE_BATCH = 128;

/** Trains a network end to end under its dense layer, in place, and returns the history. */
export async function train(trainee: Trainee, data: Dataset, options: TrainOptions): Promise<EpochRecord[]> {
  const settings = resolve(data, options);
  const { epochs, batchSize, seed, validation, onProgress, signal } = settings;
  const variables = trainableVariables(trainee);
  const squares = variables.map((v) => tf.tidy(() => tf.variable(tf.zerosLike(v), false)));
  const random = new Random(seed);
  const stepsAnEpoch = Math.ceil(data.n / batchSize);
  const history: EpochRecord[] = [];
  const began = performance.now();
  let idle = 0;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const start = performance.now();
      const order = random.split('shuffle', epoch).permutation(data.n);
      const sums = { loss: 0, correct: 0, images: 0 };
      let learningRate = 0;
      for (let step = 1; step <= stepsAnEpoch; step++) {
        await breathe(signal);
        const index = (epoch - 1) * stepsAnEpoch + step - 1;
        const rows = order.subarray((step - 1) * batchSize, step * batchSize);
        const batch = makeBatch(data, rows, settings, random.split('augment', epoch, step));
        learningRate = settings.learningRate * settings.schedule(index, epochs * stepsAnEpoch);
        const dropoutSeed = random.split('dropout', index).uint32();
        const { loss, correct } = stepOnce(trainee, batch, {
          variables,
          squares,
          learningRate,
          dropoutSeed,
          index,
          settings,
        });
        if (!Number.isFinite(loss)) {
          throw new FerError(
            'DIVERGED',
            `loss is ${loss} at epoch ${epoch}, step ${step}, learning rate ${learningRate}: lower the rate.`,
          );
        }
        sums.loss += loss * rows.length;
        sums.correct += correct;
        sums.images += rows.length;
        const elapsed = (performance.now() - start) / 1000;
        const done = (epoch - 1) * data.n + sums.images;
        const perImage = (performance.now() - began - idle) / 1000 / done;
        onProgress?.({
          ...{ kind: 'step', epoch, epochs, step, steps: stepsAnEpoch },
          ...{ loss: sums.loss / sums.images, accuracy: sums.correct / sums.images },
          imagesPerSecond: sums.images / elapsed,
          secondsLeft:
            perImage * (epochs * data.n - done) + (idle / 1000 / Math.max(1, epoch - 1)) * (epochs - epoch + 1),
        });
      }
      const validating = performance.now();
      const validated = validation && (await measure(trainee, validation, settings));
      idle += performance.now() - validating;
      const record: EpochRecord = {
        ...{ epoch, loss: sums.loss / data.n, accuracy: sums.correct / data.n, learningRate },
        ...(validated && { validationLoss: validated.loss, validationAccuracy: validated.accuracy }),
        seconds: (performance.now() - start) / 1000,
      };
      history.push(record);
      onProgress?.({ kind: 'epoch', epochs, ...record });
    }
  } finally {
    for (const slot of squares) slot.dispose();
  }
  return history;
}

function resolve(data: Dataset, options: TrainOptions): Settings {
  checkDataset(data);
  const settings: Settings = {
    ...{
      epochs: 30,
      batchSize: 64,
      learningRate: 3e-4,
      schedule: constant(),
      loss: 'softmax',
      labelSmoothing: 0,
      seed: 0,
    },
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
  const { epochs, batchSize, learningRate, labelSmoothing, validation } = settings;
  if (data.n === 0) throw new FerError('INVALID_DATA', 'the training set is empty: give at least one image.');
  const count = (name: string, value: number) => {
    if (!Number.isInteger(value) || value < 1) {
      throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: it must be a whole number from 1.`);
    }
  };
  count('epochs', epochs);
  count('batchSize', batchSize);
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new FerError('INVALID_ARGUMENT', `learningRate is ${learningRate}: it must be a positive number.`);
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new FerError('INVALID_ARGUMENT', `labelSmoothing is ${labelSmoothing}: it must be from 0 to below 1.`);
  }
  if (validation) {
    checkDataset(validation);
    if (validation.classes.join('\n') !== data.classes.join('\n')) {
      throw new FerError('INVALID_DATA', 'the validation set has other classes than the training set.');
    }
  }
  return settings;
}

interface Batch {
  readonly images: Images;
  readonly labels: Uint8Array;
  /** n × k. */
  readonly targets: Float32Array;
}

function makeBatch(data: Dataset, rows: Uint32Array, settings: Settings, random: Random): Batch {
  const { height, width, channels, classes } = data;
  const size = height * width * channels;
  const bytes = new Uint8Array(rows.length * size);
  for (const [i, row] of rows.entries()) bytes.set(data.images.subarray(row * size, (row + 1) * size), i * size);
  const images = { images: bytes, n: rows.length, height, width, channels };
  return {
    images: settings.augmentation ? settings.augmentation(images, random) : images,
    labels: Uint8Array.from(rows, (row) => data.labels[row]),
    targets: makeTargets(data, rows, classes.length, settings.labelSmoothing),
  };
}

function makeTargets(data: Dataset, rows: Uint32Array, k: number, smoothing: number): Float32Array {
  const targets = new Float32Array(rows.length * k);
  for (const [i, row] of rows.entries()) {
    if (data.soft) targets.set(data.soft.subarray(row * k, (row + 1) * k), i * k);
    else targets[i * k + data.labels[row]] = 1;
  }
  return smoothing === 0 ? targets : targets.map((p) => p * (1 - smoothing) + smoothing / k);
}

interface Step {
  readonly variables: readonly tf.Variable[];
  readonly squares: readonly tf.Variable[];
  readonly learningRate: number;
  readonly dropoutSeed: number;
  /** 0-based, over all epochs. */
  readonly index: number;
  readonly settings: Settings;
}

function stepOnce(trainee: Trainee, batch: Batch, step: Step): { loss: number; correct: number } {
  const { model, preprocessing, kernel, bias } = trainee;
  const { variables, squares, learningRate, dropoutSeed, index, settings } = step;
  return tf.tidy(() => {
    const { images, labels } = batch;
    const x = toTensor(images, [0, images.n], preprocessing);
    const targets = tf.tensor2d(batch.targets, [images.n, kernel.shape[1] as number]);
    let predicted: ArrayLike<number> = [];
    const { value, grads } = tf.variableGrads(() => {
      const features = forward(model, x, { training: true, seed: dropoutSeed, step: index }) as tf.Tensor2D;
      const scores = dense(features, {
        kernel: kernel as unknown as tf.Tensor2D,
        bias: bias as unknown as tf.Tensor1D,
      });
      predicted = tf.argMax(scores, 1).dataSync();
      return meanLoss(settings.loss, scores, targets);
    }, [...variables]);
    variables.forEach((variable, i) => {
      rmspropStep(variable, grads[variable.name], squares[i], { learningRate, decay: DECAY, epsilon: EPSILON });
    });
    const correct = labels.reduce((sum, label, i) => sum + Number(predicted[i] === label), 0);
    return { loss: value.dataSync()[0], correct };
  });
}

async function measure(
  trainee: Trainee,
  data: Dataset,
  settings: Settings,
): Promise<{ loss: number; accuracy: number }> {
  const k = data.classes.length;
  const sums = { loss: 0, correct: 0 };
  for (let start = 0; start < data.n; start += INFERENCE_BATCH) {
    await breathe(settings.signal);
    const end = Math.min(data.n, start + INFERENCE_BATCH);
    const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i);
    tf.tidy(() => {
      const x = toTensor(data, [start, end], trainee.preprocessing);
      const scores = dense(forward(trainee.model, x, { training: false }) as tf.Tensor2D, {
        kernel: trainee.kernel as unknown as tf.Tensor2D,
        bias: trainee.bias as unknown as tf.Tensor1D,
      });
      const targets = tf.tensor2d(makeTargets(data, rows, k, settings.labelSmoothing), [rows.length, k]);
      sums.loss += meanLoss(settings.loss, scores, targets).dataSync()[0] * rows.length;
      const predicted = tf.argMax(scores, 1).dataSync();
      for (const [i, row] of rows.entries()) sums.correct += Number(predicted[i] === data.labels[row]);
    });
  }
  return { loss: sums.loss / data.n, accuracy: sums.correct / data.n };
}

function trainableVariables({ model, kernel, bias }: Trainee): tf.Variable[] {
  return [...model.trainableWeights.map((weight) => weight.read() as tf.Variable), kernel, bias];
}
