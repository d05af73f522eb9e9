import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { values } from '../reference.js';
import type { LayerRecipe } from './layerRecipes.js';
import type { Computation } from './outcome.js';
import { CLASSES, type LossRecipe, type MetricRecipe, numbers, ROWS } from './recipes.js';

const STEPS = 3;

interface TrainingOptions {
  readonly optimizer: tf.Optimizer;
  readonly loss: string;
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** The losses of a few steps, and the change of each weight. */
async function train(model: layers.LayersModel, { optimizer, loss, x, y }: TrainingOptions): Promise<Float32Array[]> {
  for (const [i, weight] of model.trainableWeights.entries()) {
    const shape = weight.shape as number[];
    const size = tf.util.sizeFromShape(shape);
    // Divided by the root of the number of inputs.
    weight.write(tf.mul(tf.tensor(values(size, `w${i}`), shape), Math.sqrt(shape[shape.length - 1] / size)));
  }
  const read = () => model.getWeights().map((weight) => Float32Array.from(weight.dataSync()));
  const before = read();
  const losses: number[] = [];
  model.compile({ optimizer, loss });
  for (let step = 0; step < STEPS; step++) losses.push((await model.trainOnBatch(x, y)) as number);
  return [Float32Array.from(losses), ...read().map((weight, i) => weight.map((value, j) => value - before[i][j]))];
}

const sgd = () => tf.train.sgd(0.05);

/** Where a layer stands in the model that tries it. */
export type Place = 'after layers with weights' | 'after a reshape' | 'as the first layer';

/** Trains a model of the layer and a dense one. */
export function trainLayer(recipe: LayerRecipe, place: Place): Computation {
  return () => {
    const { shape, apply, numbers: input = (size) => values(size, 'x') } = recipe;
    const { dense, flatten, reshape } = layers.layers;
    const applied = (layer: layers.layers.Layer, x: layers.SymbolicTensor) => layer.apply(x) as layers.SymbolicTensor;
    const start = layers.input({ shape: [...shape] });
    const before = () => {
      if (place === 'as the first layer') return start;
      // Some layers overwrite the shape of their input. This one has a shape of its own.
      if (place === 'after a reshape') return applied(reshape({ targetShape: [...shape] }), start);
      // Before a normalisation, the gradient of a bias would be zero but for rounding.
      return applied(dense({ units: shape[shape.length - 1], useBias: false }), start);
    };
    const end = apply(before(), before());
    const outputs = applied(dense({ units: CLASSES }), end.shape.length > 2 ? applied(flatten(), end) : end);
    const model = layers.model({ inputs: start, outputs });
    const x = tf.tensor(input(ROWS * tf.util.sizeFromShape([...shape])), [ROWS, ...shape]);
    return train(model, { optimizer: sgd(), loss: 'meanSquaredError', x, y: numbers('normal', 'y') });
  };
}

/** What {@link trainRows} tries; the rest is tanh, SGD and the mean squared error. */
interface RowsOptions {
  readonly activation?: string;
  readonly optimizer?: () => tf.Optimizer;
  readonly loss?: { readonly name: string; readonly recipe: LossRecipe };
}

/** Trains a model of two dense layers. */
export function trainRows({ activation = 'tanh', optimizer = sgd, loss }: RowsOptions): Computation {
  return () => {
    const { name, recipe } = loss ?? { name: 'meanSquaredError', recipe: { activation: 'linear', targets: 'normal' } };
    const { dense } = layers.layers;
    const model = layers.sequential({
      layers: [
        dense({ inputShape: [4], units: 5, activation: activation as 'tanh' }),
        dense({ units: CLASSES, activation: recipe.activation }),
      ],
    });
    const x = tf.tensor2d(values(ROWS * 4, 'x'), [ROWS, 4]);
    return train(model, { optimizer: optimizer(), loss: name, x, y: numbers(recipe.targets, 'y') });
  };
}

/** Evaluates the metric of a model that passes its input on. */
export function measure(metric: string, { predictions, targets }: MetricRecipe): Computation {
  return async () => {
    const { activation } = layers.layers;
    const model = layers.sequential({ layers: [activation({ inputShape: [CLASSES], activation: 'linear' })] });
    const loss = targets === 'labels' ? 'sparseCategoricalCrossentropy' : 'meanSquaredError';
    const functions: Readonly<Record<string, (truth: tf.Tensor, predicted: tf.Tensor) => tf.Tensor>> = layers.metrics;
    model.compile({ optimizer: sgd(), loss, metrics: [functions[metric] ?? metric] });
    const [, value] = model.evaluate(numbers(predictions, 'x'), numbers(targets, 'y')) as tf.Scalar[];
    return [Float32Array.from(await value.data())];
  };
}
