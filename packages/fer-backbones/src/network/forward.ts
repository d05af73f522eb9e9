import * as tf from '@tensorflow/tfjs-core';
import type { layers, Sequential } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';
import { type Activation, batchNormInference, batchNormTraining, conv2d, dense, dropout } from 'fer-wasm';

/** How a pass through a network is made. */
export interface Pass {
  /** Whether dropout drops and batch normalisation uses, and remembers, the batch's own statistics. */
  readonly training: boolean;
  /** Whole number that, with the layer's position, decides what dropout drops. */
  readonly seed?: number;
  /** How many training passes came before. @default many */
  readonly step?: number;
  /** Position of the first layer to run; the input is then what it takes. @default the first */
  readonly from?: number;
  /** Position of the layer to stop before. @default after the last */
  readonly until?: number;
  /** Whether the gradient of the input is wanted, not only that of the weights. @default false */
  readonly inputGradient?: boolean;
}

/**
 * Runs a Sequential of the layers that backbones are made of, one fused op a layer: what `model.predict` and the
 * training pass of tfjs-layers compute, to rounding. Other layers, and those configured otherwise, run as tfjs-layers
 * runs them.
 */
export function forward(model: Sequential, input: tf.Tensor, pass: Pass): tf.Tensor {
  let x = input;
  let trained = pass.inputGradient ?? false;
  const { from = 0, until = model.layers.length } = pass;
  for (let i = from; i < until; i++) {
    const layer = model.layers[i];
    // Frozen layers run as in inference: neither their weights nor what they remember change, and they drop nothing.
    const differentiable = trained && (pass.training || pass.inputGradient === true);
    x = runLayer(layer, x, layer.trainable ? pass : { training: false }, i, differentiable);
    trained ||= layer.trainableWeights.length > 0;
  }
  return x;
}

function runLayer(layer: layers.Layer, x: tf.Tensor, pass: Pass, position: number, differentiable: boolean): tf.Tensor {
  const config = layer.getConfig();
  switch (hasOwnOp(layer, config, x) ? layer.getClassName() : 'other') {
    case 'InputLayer':
      return x;
    case 'Conv2D': {
      const [kernel, bias] = layer.getWeights() as [tf.Tensor4D, tf.Tensor1D?];
      return conv2d(
        x as tf.Tensor4D,
        { kernel, bias },
        {
          strides: config.strides as [number, number],
          pad: config.padding as 'valid' | 'same',
          activation: activationOf(layer),
          inputGradient: differentiable,
        },
      );
    }
    case 'Dense': {
      const [kernel, bias] = layer.getWeights() as [tf.Tensor2D, tf.Tensor1D?];
      return dense(x as tf.Tensor2D, { kernel, bias }, activationOf(layer));
    }
    case 'BatchNormalization':
      return normalise(layer, x, pass, differentiable);
    case 'Dropout':
      // A seed a layer: consecutive steps' seeds are far apart, so that layers and steps never meet.
      return pass.training ? dropout(x, config.rate as number, ((pass.seed ?? 0) + position * 0x3c6ef372) | 0) : x;
    case 'Flatten':
      return tf.reshape(x, [x.shape[0], -1]);
    case 'Activation':
      return activationOf(layer) === 'relu' ? tf.relu(x) : x;
    default:
      return [layer.call(x, { training: pass.training })].flat()[0];
  }
}

/** Whether our ops compute all that a layer's configuration says. */
function hasOwnOp(
  layer: layers.Layer,
  { activation = 'linear', dilationRate = 1, dataFormat, noiseShape }: Readonly<Record<string, unknown>>,
  x: tf.Tensor,
): boolean {
  return (
    ['linear', 'relu'].includes(activation as string) &&
    [dilationRate].flat().every((rate) => rate === 1) &&
    dataFormat !== 'channelsFirst' &&
    !noiseShape &&
    (layer.getClassName() !== 'Dense' || x.rank === 2)
  );
}

/**
 * The moving averages begin as plain means of the first batches: at step t the momentum is at most (1 + t) / (10 + t),
 * as in TensorFlow's ExponentialMovingAverage. With Keras' 0.99 from the start a short training would be measured by
 * statistics that are still those of no data.
 */
function normalise(
  layer: layers.Layer,
  x: tf.Tensor,
  { training, step = Number.MAX_SAFE_INTEGER }: Pass,
  differentiable: boolean,
): tf.Tensor {
  const { epsilon, momentum, axis, scale: scales, center } = layer.getConfig() as Readonly<Record<string, number>>;
  if (axis !== -1 && axis !== x.rank - 1) {
    throw new FerError('UNSUPPORTED', `layer ${layer.name} normalises axis ${axis}: only the last is supported.`);
  }
  const weights = layer.getWeights() as tf.Tensor1D[];
  const [mean, variance] = weights.slice(-2);
  const scale = scales ? weights[0] : tf.onesLike(mean);
  const offset = center ? weights[weights.length - 3] : tf.zerosLike(mean);
  if (!training && differentiable) {
    // The fused op has no gradient: it is for inference.
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(mean, factor)));
  }
  if (!training) return batchNormInference(x, { scale, offset }, { mean, variance }, epsilon);
  const warm = Math.min(momentum, (1 + step) / (10 + step));
  const { y, moments } = batchNormTraining(x, { scale, offset }, epsilon);
  remember(mean as tf.Variable, moments.mean, warm);
  remember(variance as tf.Variable, moments.variance, warm);
  return y;
}

/** average ← momentum · average + (1 − momentum) · value. */
function remember(average: tf.Variable, value: tf.Tensor, momentum: number): void {
  tf.tidy(() => average.assign(tf.add(tf.mul(average, momentum), tf.mul(value, 1 - momentum))));
}

function activationOf(layer: layers.Layer): Activation {
  return layer.getConfig().activation as Activation;
}
