import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { FerError, isFerError } from 'fer-core';
import { averageStep, batchNormInference, batchNormTraining, conv2d, dense, dropout } from 'fer-wasm';
import type { Step } from './plan.js';
import { withRecurrentDropout } from './recurrentDropout.js';

/** Options for running one layer. */
export interface LayerPass {
  readonly training: boolean;
  readonly seed?: number;
  readonly step?: number;
}

interface Call {
  readonly step: Step;
  readonly pass: LayerPass;
  readonly position: number;
  /** Whether the gradient of the layer's inputs is needed. */
  readonly differentiable: boolean;
}

type Op = (x: tf.Tensor, call: Call) => tf.Tensor;

/** Our own ops by type of layer. They are used if {@link hasOwnOp} finds that they cover the layer's configuration. */
const OPS: Readonly<Record<string, Op>> = {
  InputLayer: (x) => x,
  Flatten: (x) => tf.reshape(x, [x.shape[0], -1]),
  Activation: (x, { step }) => activate(x, step.config.activation as string),
  Dropout: (x, call) => drop(x, call, x.shape),
  SpatialDropout1D(x, call) {
    const [n, , channels] = x.shape as number[];
    return drop(x, call, [n, 1, channels]);
  },
  GaussianNoise(x, { step, pass, position }) {
    if (!pass.training) return x;
    return tf.add(x, tf.randomNormal(x.shape, 0, step.config.stddev as number, 'float32', seedOf(pass, position)));
  },
  GaussianDropout(x, { step, pass, position }) {
    const rate = step.config.rate as number;
    if (!pass.training || rate === 0) return x;
    const deviation = Math.sqrt(rate / (1 - rate));
    return tf.mul(x, tf.randomNormal(x.shape, 1, deviation, 'float32', seedOf(pass, position)));
  },
  AlphaDropout(x, call) {
    const rate = call.step.config.rate as number;
    if (!call.pass.training || rate === 0) return x;
    // Klambauer et al., Self-Normalizing Neural Networks (2017): dropped elements get the value −αλ, and an affine map
    // then restores mean and variance.
    const dropped = -1.6732632423543772 * 1.0507009873554805;
    const kept = tf.step(dropout(tf.onesLike(x), rate, seedOf(call.pass, call.position)));
    const scale = ((1 - rate) * (1 + rate * dropped ** 2)) ** -0.5;
    const mixed = tf.add(tf.mul(x, kept), tf.mul(tf.sub(1, kept), dropped));
    return tf.add(tf.mul(mixed, scale), -scale * dropped * rate);
  },
  Conv2D(x, { step, differentiable }) {
    const [kernel, bias] = step.layer.getWeights() as [tf.Tensor4D, tf.Tensor1D?];
    return convolution(x, { kernel, bias }, step.config, differentiable);
  },
  DepthwiseConv2D(x, { step }) {
    const [kernel, bias] = step.layer.getWeights() as [tf.Tensor4D, tf.Tensor1D?];
    const y = depthwise(x, kernel, step.config);
    return activate(bias ? tf.add(y, bias) : y, step.config.activation as string);
  },
  SeparableConv2D(x, { step, differentiable }) {
    const weights = step.layer.getWeights() as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D?];
    const [kernel, pointwise, bias] = weights;
    const spread = depthwise(x, kernel, step.config);
    const { activation } = step.config;
    const trains = differentiable || step.layer.trainableWeights.length > 0;
    return convolution(spread, { kernel: pointwise, bias }, { activation, strides: 1, padding: 'valid' }, trains);
  },
  Dense(x, { step }) {
    const [kernel, bias] = step.layer.getWeights() as [tf.Tensor2D, tf.Tensor1D?];
    const activation = step.config.activation as string;
    const own = isFused(activation) ? activation : 'linear';
    const y = dense(x as tf.Tensor2D, { kernel, bias }, own);
    return own === activation ? y : activate(y, activation);
  },
  BatchNormalization: normalise,
  AveragePooling2D(x, { step, differentiable }) {
    const { poolSize, strides, padding } = step.config as Pooling;
    if (padding !== 'same' || !differentiable) return runOriginal(step, [x], false)[0];
    return averagePoolSame(x as tf.Tensor4D, poolSize, strides);
  },
  GlobalMaxPooling2D(x, { step, differentiable }) {
    if (!differentiable) return runOriginal(step, [x], false)[0];
    // If several values are equally large, the gradient of tf.max goes to each of them in full; that of pooling goes to
    // one.
    const [n, height, width, channels] = x.shape;
    return tf.reshape(tf.maxPool(x as tf.Tensor4D, [height, width], 1, 'valid'), [n, channels]);
  },
};

/**
 * Runs one layer.
 *
 * @param position - Position of the step in the plan, which decides the layer's random numbers.
 * @param differentiable - Whether the gradient of the inputs is needed.
 * @throws FerError `UNSUPPORTED`, naming the layer, if it can't run on this backend.
 */
export function runLayer(
  step: Step,
  inputs: readonly tf.Tensor[],
  pass: LayerPass,
  position: number,
  differentiable: boolean,
): readonly tf.Tensor[] {
  const [x] = inputs;
  const { layer } = step;
  try {
    const op = OPS[layer.getClassName()];
    if (op && hasOwnOp(step, x)) return [op(x, { step, pass, position, differentiable })];
    return withRecurrentDropout(layer, seedOf(pass, position), () => runOriginal(step, inputs, pass.training));
  } catch (cause) {
    if (isFerError(cause)) throw cause;
    throw new FerError(
      'UNSUPPORTED',
      `layer ${layer.name} (${layer.getClassName()}) can't run on the backend "${tf.getBackend()}": ` +
        `${(cause as Error).message} Replace the layer, or choose another backend (useWasm() of fer-wasm).`,
      {},
      { cause },
    );
  }
}

/** Runs a layer with tfjs-layers' own implementation. */
function runOriginal({ layer }: Step, inputs: readonly tf.Tensor[], training: boolean): readonly tf.Tensor[] {
  return [layer.call(inputs.length === 1 ? inputs[0] : [...inputs], { training })].flat();
}

/** Whether a layer's op covers its configuration. */
export function hasOwnOp({ layer, config }: Pick<Step, 'layer' | 'config'>, x: { readonly rank: number }): boolean {
  const kind = layer.getClassName();
  if (config.dataFormat === 'channelsFirst') return false;
  if (kind === 'Conv2D') return [config.dilationRate ?? 1].flat().every((rate) => rate === 1);
  if (kind === 'Dense') return x.rank === 2;
  return kind in OPS;
}

type Pooling = Readonly<Record<'poolSize' | 'strides', [number, number]>> & { readonly padding: 'valid' | 'same' };

interface Kernels {
  readonly kernel: tf.Tensor4D;
  readonly bias?: tf.Tensor1D;
}

function convolution(
  x: tf.Tensor,
  parameters: Kernels,
  { strides, padding, activation }: Readonly<Record<string, unknown>>,
  inputGradient: boolean,
): tf.Tensor {
  const name = activation as string;
  const own = isFused(name) ? name : 'linear';
  const y = conv2d(x as tf.Tensor4D, parameters, {
    strides: strides as [number, number],
    pad: padding as 'valid' | 'same',
    activation: own,
    inputGradient,
  });
  return own === name ? y : activate(y, name);
}

function depthwise(x: tf.Tensor, kernel: tf.Tensor4D, config: Readonly<Record<string, unknown>>): tf.Tensor4D {
  const { strides, padding, dilationRate } = config as {
    strides: [number, number];
    padding: 'valid' | 'same';
    dilationRate?: number | [number, number];
  };
  return tf.depthwiseConv2d(x as tf.Tensor4D, kernel, strides, padding, 'NHWC', dilationRate ?? 1);
}

/** Whether our convolutions and dense layers have this activation built in. */
function isFused(activation: string): activation is 'linear' | 'relu' {
  return activation === 'linear' || activation === 'relu';
}

const activations = new Map<string, layers.Layer>();

function activate(x: tf.Tensor, name: string): tf.Tensor {
  if (name === 'linear') return x;
  if (name === 'relu') return tf.relu(x);
  let layer = activations.get(name);
  if (!layer) {
    layer = layers.activation({ activation: name as 'tanh' });
    activations.set(name, layer);
  }
  return layer.call(x, {}) as tf.Tensor;
}

/**
 * Returns a seed for one layer. Seeds of consecutive steps are far apart, so that no two layers or steps share a seed.
 */
function seedOf({ seed = 0 }: LayerPass, position: number): number {
  return (seed + position * 0x3c6ef372) | 0;
}

/** Drops elements. Elements along the axes where `shape` has size 1 are dropped together. */
function drop(x: tf.Tensor, { step, pass, position }: Call, shape: readonly number[]): tf.Tensor {
  if (!pass.training) return x;
  const { rate, noiseShape } = step.config as { readonly rate: number; readonly noiseShape?: (number | null)[] };
  const wanted = noiseShape ? noiseShape.map((size, i) => size ?? x.shape[i]) : shape;
  if (wanted.every((size, i) => size === x.shape[i])) return dropout(x, rate, seedOf(pass, position));
  return tf.mul(x, dropout(tf.ones([...wanted]), rate, seedOf(pass, position)));
}

/**
 * The moving averages start as plain means of the first batches: at step t the momentum is at most (1 + t) / (10 + t),
 * as in TensorFlow's ExponentialMovingAverage. With Keras' 0.99 from the start, statistics after a short training would
 * still mostly be their initial values.
 */
function normalise(x: tf.Tensor, { step: { layer, config }, pass, differentiable }: Call): tf.Tensor {
  const { training, step = Number.MAX_SAFE_INTEGER } = pass;
  const { epsilon, momentum, scale: scales, center } = config as Readonly<Record<string, number>>;
  const weights = layer.getWeights() as tf.Tensor1D[];
  const [mean, variance] = weights.slice(-2);
  const scale = scales ? weights[0] : tf.onesLike(mean);
  const offset = center ? weights[weights.length - 3] : tf.zerosLike(mean);
  if (!training && differentiable) {
    // The fused op has no gradient, so it only serves inference.
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(mean, factor)));
  }
  if (!training) return batchNormInference(x, { scale, offset }, { mean, variance }, epsilon);
  const warm = Math.min(momentum, (1 + step) / (10 + step));
  const { y, moments } = batchNormTraining(x, { scale, offset }, epsilon);
  averageStep(mean as tf.Variable, moments.mean, warm);
  averageStep(variance as tf.Variable, moments.variance, warm);
  return y;
}

/**
 * Average pooling with `same` padding. Windows at the edges average only the part inside the image, but tfjs' gradient
 * divides by the whole window's size. So this function pads first, which makes every window whole, and then multiplies
 * by factors that compensate for the padding.
 */
function averagePoolSame(x: tf.Tensor4D, pool: [number, number], strides: [number, number]): tf.Tensor {
  const [, height, width] = x.shape;
  const rows = windows(height, pool[0], strides[0]);
  const columns = windows(width, pool[1], strides[1]);
  const padded = tf.pad4d(x, [[0, 0], rows.pad, columns.pad, [0, 0]]);
  const factors = rows.shares.flatMap((down) => columns.shares.map((right) => 1 / (down * right)));
  const pooled = tf.avgPool(padded, pool, strides, 'valid');
  return tf.mul(pooled, tf.tensor4d(factors, [1, rows.shares.length, columns.shares.length, 1]));
}

/** Along one side: the padding, and the fraction of each window that lies inside the image. */
function windows(size: number, pool: number, stride: number): { pad: [number, number]; shares: number[] } {
  const count = Math.ceil(size / stride);
  const total = Math.max(0, (count - 1) * stride + pool - size);
  const before = Math.floor(total / 2);
  const shares = Array.from({ length: count }, (_, i) => {
    const start = i * stride - before;
    return (Math.min(size, start + pool) - Math.max(0, start)) / pool;
  });
  return { pad: [before, total - before], shares };
}
