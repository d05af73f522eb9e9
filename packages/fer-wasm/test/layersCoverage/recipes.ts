import * as tf from '@tensorflow/tfjs-core';
import { adam, adamW, momentum, rmsprop } from '../../src/index.js';
import { values } from '../reference.js';

/** What predictions or targets are like. */
export type Kind = 'normal' | 'positive' | 'signs' | 'bits' | 'probabilities' | 'oneHot' | 'labels';

export const ROWS = 6;
export const CLASSES = 3;

/** A row for each sample, a column for each class; one column for labels. */
export function numbers(kind: Kind, seed: string): tf.Tensor2D {
  const draws = values(ROWS * CLASSES, seed);
  const of = (f: (draw: number, row: number, column: number) => number) =>
    tf.tensor2d(
      draws.map((draw, i) => f(draw, Math.floor(i / CLASSES), i % CLASSES)),
      [ROWS, CLASSES],
    );
  switch (kind) {
    case 'normal':
      return of((draw) => draw);
    case 'positive':
      return of((draw) => 0.1 + Math.abs(draw));
    case 'signs':
      return of((draw) => Math.sign(draw));
    case 'bits':
      return of((draw) => (draw > 0 ? 1 : 0));
    case 'probabilities':
      return tf.softmax(of((draw) => draw));
    case 'oneHot':
      return of((_, row, column) => (row % CLASSES === column ? 1 : 0));
    case 'labels':
      return tf.tensor2d(
        Array.from({ length: ROWS }, (_, row) => row % CLASSES),
        [ROWS, 1],
      );
  }
}

/** By the name with which it is registered. */
export const ACTIVATIONS: readonly string[] = [
  'elu',
  'gelu',
  'gelu_new',
  'hardSigmoid',
  'linear',
  'logSoftmax',
  'mish',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'swish',
  'tanh',
];

type Optimizers = Readonly<Record<string, () => tf.Optimizer>>;

/** By the name of the function in `tf.train`. */
export const TFJS_OPTIMIZERS: Optimizers = {
  adadelta: () => tf.train.adadelta(1),
  adagrad: () => tf.train.adagrad(0.1),
  adam: () => tf.train.adam(0.05),
  adamax: () => tf.train.adamax(0.05),
  momentum: () => tf.train.momentum(0.05, 0.9),
  rmsprop: () => tf.train.rmsprop(0.05),
  sgd: () => tf.train.sgd(0.1),
};

/** By the name under which fer-wasm exports it. */
export const OPTIMIZERS: Optimizers = {
  adam: () => adam(0.05),
  adamW: () => adamW(0.05, { weightDecay: 0.1 }),
  momentum: () => momentum(0.05),
  rmsprop: () => rmsprop(0.05),
};

/** The activation of the last layer of a model that is trained with the loss, and what its targets are like. */
export interface LossRecipe {
  readonly activation: 'linear' | 'sigmoid' | 'softmax' | 'softplus';
  readonly targets: Kind;
}

/** By the name that `compile` takes. */
export const LOSSES: Readonly<Record<string, LossRecipe>> = {
  binaryCrossentropy: { activation: 'sigmoid', targets: 'bits' },
  categoricalCrossentropy: { activation: 'softmax', targets: 'oneHot' },
  categoricalHinge: { activation: 'linear', targets: 'oneHot' },
  cosineProximity: { activation: 'linear', targets: 'normal' },
  hinge: { activation: 'linear', targets: 'signs' },
  kullbackLeiblerDivergence: { activation: 'softmax', targets: 'probabilities' },
  logcosh: { activation: 'linear', targets: 'normal' },
  meanAbsoluteError: { activation: 'linear', targets: 'normal' },
  meanAbsolutePercentageError: { activation: 'linear', targets: 'positive' },
  meanSquaredError: { activation: 'linear', targets: 'normal' },
  meanSquaredLogarithmicError: { activation: 'softplus', targets: 'positive' },
  poisson: { activation: 'softplus', targets: 'positive' },
  sparseCategoricalCrossentropy: { activation: 'softmax', targets: 'labels' },
  squaredHinge: { activation: 'linear', targets: 'signs' },
};

/** What a metric's predictions and targets are like. */
export interface MetricRecipe {
  readonly predictions: Kind;
  readonly targets: Kind;
}

const differences: MetricRecipe = { predictions: 'normal', targets: 'positive' };
const classes: MetricRecipe = { predictions: 'probabilities', targets: 'oneHot' };
const labels: MetricRecipe = { predictions: 'probabilities', targets: 'labels' };
const bits: MetricRecipe = { predictions: 'bits', targets: 'bits' };

/** By the name of the function in `tf.metrics`, or by the name that `compile` takes. */
export const METRICS: Readonly<Record<string, MetricRecipe>> = {
  MAE: differences,
  MAPE: differences,
  MSE: differences,
  acc: classes,
  accuracy: classes,
  binaryAccuracy: { predictions: 'probabilities', targets: 'bits' },
  binaryCrossentropy: { predictions: 'probabilities', targets: 'bits' },
  categoricalAccuracy: classes,
  categoricalCrossentropy: classes,
  ce: classes,
  cosine: differences,
  cosineProximity: differences,
  crossentropy: classes,
  mae: differences,
  mape: differences,
  meanAbsoluteError: differences,
  meanAbsolutePercentageError: differences,
  meanSquaredError: differences,
  mse: differences,
  precision: bits,
  r2Score: differences,
  recall: bits,
  sparseCategoricalAccuracy: labels,
  sparseCategoricalCrossentropy: labels,
};
