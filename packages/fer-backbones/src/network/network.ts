import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { FerError, isFerError, type Random } from 'fer-core';
import { demandBackend } from './demandBackend.js';
import type { Preprocessing } from './preprocessing.js';

/**
 * One line of a network's configuration list. A layer without a name gets Keras' default name: `conv2d`, `conv2d_1` and
 * so on.
 */
export type LayerSpec =
  | {
      readonly conv: number;
      readonly kernel?: number;
      readonly stride?: number;
      readonly pad?: 'valid' | 'same';
      readonly relu?: boolean;
      /** @default true */
      readonly bias?: boolean;
      readonly name?: string;
    }
  /**
   * A depthwise 3×3 convolution, then a 1×1 convolution with this many channels; both without bias, with `same`
   * padding.
   */
  | { readonly separable: number; readonly name?: string }
  | { readonly dense: number; readonly relu?: boolean; readonly name?: string }
  /** Max pooling; by default the windows don't overlap. */
  | { readonly pool: number; readonly stride?: number; readonly pad?: 'valid' | 'same'; readonly name?: string }
  | { readonly dropout: number; readonly name?: string }
  /** The sum of the outputs of the body and the shortcut for the same input. An empty shortcut is the input itself. */
  | { readonly residual: readonly LayerSpec[]; readonly shortcut?: readonly LayerSpec[]; readonly name?: string }
  /**
   * Squeeze-and-excitation (Hu et al., Squeeze-and-Excitation Networks, 2018): scales channels by gates that see the
   * whole image.
   */
  | { readonly squeezeExcite: number; readonly name?: string }
  /**
   * The means of the maps over the windows of a convolution of this size with `same` padding, one per window position.
   */
  | { readonly windowMeans: number; readonly name?: string }
  | { readonly batchNorm: string }
  | { readonly activation: 'relu'; readonly name: string }
  | { readonly globalAveragePool: string }
  | 'batchNorm'
  | 'relu'
  | 'flatten';

/**
 * Builds a tfjs-layers model from a configuration list and draws all weights from one generator. The model is a
 * Sequential if the list is a chain.
 *
 * @param draw - Draws the kernels. @default glorotUniform
 * @throws FerError `INVALID_ARGUMENT` if the layers don't fit together for images of this size; no tensors are left
 *   behind.
 */
export function buildNetwork(
  specs: readonly LayerSpec[],
  input: Preprocessing,
  random: Random,
  draw: DrawKernel = glorotUniform,
): layers.LayersModel {
  demandBackend();
  const { height, width, channels } = input;
  const numbered = numbering();
  const inputShape = [height, width, channels];
  const before = new Set(Object.keys(tf.engine().registeredVariables));
  try {
    return build(specs, inputShape, numbered, random, draw);
  } catch (cause) {
    for (const [name, variable] of Object.entries(tf.engine().registeredVariables)) {
      if (!before.has(name)) variable.dispose();
    }
    if (isFerError(cause)) throw cause;
    const { message } = cause as Error;
    throw new FerError(
      'INVALID_ARGUMENT',
      `the network can't be built for images of ${height}×${width}×${channels} (${message}): give larger ones.`,
      {},
      { cause },
    );
  }
}

function build(
  specs: readonly LayerSpec[],
  inputShape: number[],
  numbered: (kind: string) => string,
  random: Random,
  draw: DrawKernel,
): layers.LayersModel {
  if (specs.every(isLayer)) {
    const model = layers.sequential();
    model.add(layers.layers.inputLayer({ inputShape, name: 'input' }));
    for (const spec of specs) model.add(buildLayer(spec, numbered));
    initialise(model, random, draw);
    return model;
  }
  const x = layers.input({ shape: inputShape, name: 'input' });
  const model = layers.model({ inputs: x, outputs: connect(specs, x, numbered) });
  initialise(model, random, draw);
  return model;
}

/** Names must not depend on what the process built before: checkpoints and freezing refer to layers by name. */
function numbering(): (kind: string) => string {
  const counts = new Map<string, number>();
  return (kind) => {
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return count === 0 ? kind : `${kind}_${count}`;
  };
}

type Branching = Extract<LayerSpec, { residual: unknown } | { squeezeExcite: unknown } | { windowMeans: unknown }>;
type SingleLayer = Exclude<LayerSpec, Branching>;

/** Whether a line is a single layer whose input is the output of the line before. */
function isLayer(spec: LayerSpec): spec is SingleLayer {
  return typeof spec === 'string' || !('residual' in spec || 'squeezeExcite' in spec || 'windowMeans' in spec);
}

function connect(
  specs: readonly LayerSpec[],
  input: layers.SymbolicTensor,
  numbered: (kind: string) => string,
): layers.SymbolicTensor {
  return specs.reduce((x, spec) => {
    if (isLayer(spec)) return apply(buildLayer(spec, numbered), x);
    if ('residual' in spec) {
      const body = connect(spec.residual, x, numbered);
      const shortcut = connect(spec.shortcut ?? [], x, numbered);
      return apply(layers.layers.add({ name: spec.name ?? numbered('add') }), [body, shortcut]);
    }
    if ('squeezeExcite' in spec) return squeezeExcite(x, spec.squeezeExcite, spec.name ?? numbered('se'));
    return windowMeans(x, spec.name ?? numbered('window_means'), spec.windowMeans);
  }, input);
}

/** Channels times sigmoid(W₂ relu(W₁ mean)), where W₁ reduces the number of channels by `ratio`. */
function squeezeExcite(x: layers.SymbolicTensor, ratio: number, name: string): layers.SymbolicTensor {
  const channels = x.shape[3] as number;
  const { dense, globalAveragePooling2d, multiply, reshape } = layers.layers;
  const units = Math.max(1, Math.round(channels / ratio));
  const mean = apply(globalAveragePooling2d({ name: `${name}_squeeze` }), x);
  const kernelInitializer = 'zeros';
  const less = apply(dense({ units, activation: 'relu', kernelInitializer, name: `${name}_reduce` }), mean);
  const all = apply(dense({ units: channels, activation: 'sigmoid', kernelInitializer, name: `${name}_expand` }), less);
  const gates = apply(reshape({ targetShape: [1, 1, channels], name: `${name}_gates` }), all);
  return apply(multiply({ name: `${name}_scale` }), [x, gates]);
}

/**
 * Features that the global average of a convolution with `same` padding is linear in. They follow the kernel's order
 * [row, column, channel]: each one is the mean, over all positions, of the value at that place in the window.
 *
 * @param size - Height and width of the window: odd.
 */
export function windowMeans(x: layers.SymbolicTensor, name: string, size: number): layers.SymbolicTensor {
  const { concatenate, cropping2D, globalAveragePooling2d, zeroPadding2d } = layers.layers;
  const padded = apply(zeroPadding2d({ padding: (size - 1) / 2, name: `${name}_pad` }), x);
  const side = Array.from({ length: size }, (_, i) => i);
  const means = side.flatMap((down) =>
    side.map((right) => {
      const cropping: [[number, number], [number, number]] = [
        [down, size - 1 - down],
        [right, size - 1 - right],
      ];
      const window = apply(cropping2D({ cropping, name: `${name}_crop_${down}${right}` }), padded);
      return apply(globalAveragePooling2d({ name: `${name}_mean_${down}${right}` }), window);
    }),
  );
  return apply(concatenate({ name }), means);
}

/** Applies a layer to symbolic tensors. */
export function apply(
  layer: layers.layers.Layer,
  x: layers.SymbolicTensor | layers.SymbolicTensor[],
): layers.SymbolicTensor {
  return layer.apply(x) as layers.SymbolicTensor;
}

// tfjs would draw the initial weights itself, which is slow; ours replace them at once.
const kernelInitializer = 'zeros';

function buildLayer(spec: SingleLayer, numbered: (kind: string) => string): layers.layers.Layer {
  if (spec === 'batchNorm') return layers.layers.batchNormalization({ name: numbered('batch_normalization') });
  if (spec === 'relu') return layers.layers.activation({ activation: 'relu', name: numbered('activation') });
  if (spec === 'flatten') return layers.layers.flatten({ name: numbered('flatten') });
  if ('batchNorm' in spec) return layers.layers.batchNormalization({ name: spec.batchNorm });
  if ('activation' in spec) return layers.layers.activation({ activation: spec.activation, name: spec.name });
  if ('globalAveragePool' in spec) return layers.layers.globalAveragePooling2d({ name: spec.globalAveragePool });
  if ('pool' in spec) {
    const { pool: poolSize, stride: strides = poolSize, pad: padding = 'valid' } = spec;
    return layers.layers.maxPooling2d({ poolSize, strides, padding, name: spec.name ?? numbered('max_pooling2d') });
  }
  if ('dropout' in spec) {
    return layers.layers.dropout({ rate: spec.dropout, name: spec.name ?? numbered('dropout') });
  }
  if ('separable' in spec) {
    return layers.layers.separableConv2d({
      filters: spec.separable,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      depthwiseInitializer: 'zeros',
      pointwiseInitializer: 'zeros',
      name: spec.name ?? numbered('separable_conv2d'),
    });
  }
  const activation = spec.relu ? 'relu' : 'linear';
  if ('dense' in spec) {
    const name = spec.name ?? numbered('dense');
    return layers.layers.dense({ units: spec.dense, activation, kernelInitializer, name });
  }
  const { conv: filters, kernel: kernelSize = 3, stride: strides = 1, pad: padding = 'valid' } = spec;
  return layers.layers.conv2d({
    filters,
    kernelSize,
    strides,
    padding,
    activation,
    kernelInitializer,
    useBias: spec.bias ?? true,
    name: spec.name ?? numbered('conv2d'),
  });
}

/** Draws a kernel [...window, in, out], or [...window, channels, multiplier] for a depthwise convolution. */
export type DrawKernel = (shape: readonly number[], random: Random) => tf.Tensor;

/** Sets the initial values of all kernels. Biases and batch normalisations keep zeros and ones. */
function initialise(model: layers.LayersModel, random: Random, draw: DrawKernel): void {
  for (const [i, layer] of model.layers.entries()) {
    const weights = layer.getWeights();
    if (weights.length === 0 || weights[0].shape.length < 2) continue;
    const drawn = weights.map((weight, k) => {
      const own = random.split('initialise', i);
      // The first kernel uses the layer's own stream, as in networks with one kernel per layer.
      return weight.shape.length < 2 ? weight : draw(weight.shape, k === 0 ? own : own.split('kernel', k));
    });
    layer.setWeights(drawn);
    for (const [k, tensor] of drawn.entries()) if (tensor !== weights[k]) tensor.dispose();
  }
}

/** A kernel [...window, in, out], uniform within ±√(6 / (fan in + fan out)): Glorot & Bengio (2010), as Keras' default. */
export function glorotUniform(shape: readonly number[], random: Random): tf.Tensor {
  const [fanIn, fanOut] = shape.slice(-2);
  const window = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const limit = Math.sqrt(6 / (window * (fanIn + fanOut)));
  const values = new Float32Array(window * fanIn * fanOut);
  // VGG16 has fifteen million: Float32Array.from would take five times as long.
  for (let i = 0; i < values.length; i++) values[i] = random.between(-limit, limit);
  return tf.tensor(values, [...shape]);
}

/** A kernel [...window, in, out], normal with variance 2 / fan in: He et al. (2015), for layers under ReLU. */
export function heNormal(shape: readonly number[], random: Random): tf.Tensor {
  const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const deviation = Math.sqrt(2 / fanIn);
  const values = new Float32Array(fanIn * shape[shape.length - 1]);
  for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
  return tf.tensor(values, [...shape]);
}
