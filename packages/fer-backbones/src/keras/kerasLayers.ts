import { layers } from '@tensorflow/tfjs-layers';
import { FerError, isFerError } from 'fer-core';
import { layerActivation, plainActivation } from './kerasActivations.js';
import type { NetworkLayer } from './kerasNetwork.js';
import { scalesChannels, scalingLayer } from './kerasScaling.js';

type Config = NetworkLayer['config'];
type Shape = readonly (number | null)[];
type Make = (config: Config, inputs: readonly Shape[]) => layers.Layer;
type Size = [number, number];

/** tfjs would draw initial weights, which is slow; those of the file replace them at once. */
const zeros = 'zeros' as const;

/** How each kind of layer is made. A separate layer after it applies its activation, if it has one. */
const MAKERS: Readonly<Record<string, Make>> = {
  Conv2D(config) {
    demand(config, 'groups', [1]);
    return layers.conv2d({ ...convolution(config), filters: config.filters as number, kernelInitializer: zeros });
  },
  Conv2DTranspose(config) {
    demand(config, 'output_padding', [null]);
    return layers.conv2dTranspose({
      ...convolution(config),
      filters: config.filters as number,
      kernelInitializer: zeros,
    });
  },
  DepthwiseConv2D(config) {
    return layers.depthwiseConv2d({
      ...convolution(config),
      depthMultiplier: (config.depth_multiplier as number | undefined) ?? 1,
      depthwiseInitializer: zeros,
    });
  },
  SeparableConv2D(config) {
    return layers.separableConv2d({
      ...convolution(config),
      filters: config.filters as number,
      depthMultiplier: (config.depth_multiplier as number | undefined) ?? 1,
      depthwiseInitializer: zeros,
      pointwiseInitializer: zeros,
    });
  },
  Dense({ name, units, use_bias, activation }) {
    return layers.dense({
      name,
      units: units as number,
      useBias: use_bias !== false,
      activation: activation === 'relu' ? 'relu' : 'linear',
      kernelInitializer: zeros,
    });
  },
  BatchNormalization(config, [input]) {
    const { name, epsilon, momentum, center, scale } = config as Config & Record<'epsilon' | 'momentum', number>;
    const axes = [config.axis ?? -1].flat() as number[];
    if (axes.length !== 1 || (axes[0] + input.length) % input.length !== input.length - 1) {
      throw refused(config, `axis ${axes.join(', ')}`);
    }
    return layers.batchNormalization({ name, epsilon, momentum, center: center !== false, scale: scale !== false });
  },
  LayerNormalization({ name, axis = -1, epsilon, center, scale }) {
    return layers.layerNormalization({
      name,
      axis: axis as number | number[],
      epsilon: epsilon as number,
      center: center !== false,
      scale: scale !== false,
    });
  },
  MaxPooling2D: (config) => layers.maxPooling2d(pooling(config)),
  AveragePooling2D: (config) => layers.averagePooling2d(pooling(config)),
  GlobalAveragePooling2D(config) {
    return layers.globalAveragePooling2d(globalPooling(config));
  },
  GlobalMaxPooling2D(config) {
    return layers.globalMaxPooling2d(globalPooling(config));
  },
  ZeroPadding2D(config) {
    channelsLast(config);
    const padding = config.padding as [Size, Size] | Size | number;
    return layers.zeroPadding2d({ name: config.name, padding });
  },
  Cropping2D(config) {
    channelsLast(config);
    return layers.cropping2D({ name: config.name, cropping: config.cropping as [Size, Size] });
  },
  UpSampling2D(config) {
    channelsLast(config);
    // tfjs' bilinear interpolation aligns pixel corners, Keras' aligns pixel centres.
    demand(config, 'interpolation', ['nearest']);
    return layers.upSampling2d({ name: config.name, size: config.size as Size, interpolation: 'nearest' });
  },
  Flatten(config) {
    channelsLast(config);
    return layers.flatten({ name: config.name });
  },
  Reshape: ({ name, target_shape }) => layers.reshape({ name, targetShape: target_shape as number[] }),
  Permute: ({ name, dims }) => layers.permute({ name, dims: dims as number[] }),
  Dropout: ({ name, rate, noise_shape }) => {
    return layers.dropout({
      name,
      rate: rate as number,
      noiseShape: (noise_shape ?? undefined) as number[] | undefined,
    });
  },
  SpatialDropout2D: ({ name, rate }, [input]) => {
    // Drops whole maps. tfjs-layers accepts null for the batch size, although its types don't.
    const noiseShape = [null, 1, 1, input[3]] as unknown as number[];
    return layers.dropout({ name, rate: rate as number, noiseShape });
  },
  GaussianNoise: ({ name, stddev }) => layers.gaussianNoise({ name, stddev: stddev as number }),
  GaussianDropout: ({ name, rate }) => layers.gaussianDropout({ name, rate: rate as number }),
  AlphaDropout: ({ name, rate }) => layers.alphaDropout({ name, rate: rate as number }),
  Rescaling(config, [input]) {
    const { name, scale, offset = 0 } = config;
    if (typeof scale === 'number' && typeof offset === 'number') return layers.rescaling({ name, scale, offset });
    demandMaps(config, input);
    return scalingLayer(name);
  },
  Normalization(config, [input]) {
    demandMaps(config, input);
    const axes = [config.axis ?? []].flat() as number[];
    if (axes.length > 1 || axes.some((axis) => axis !== -1 && axis !== input.length - 1)) {
      throw refused(config, `axis ${axes.join(', ')}`);
    }
    return scalingLayer(config.name);
  },
  ReLU(config) {
    const { name, max_value, negative_slope, threshold } = config as Config & Record<string, number | null | undefined>;
    if (threshold) throw refused(config, `threshold ${threshold}`);
    if (negative_slope && typeof max_value === 'number') throw refused(config, 'a negative slope and a largest value');
    if (negative_slope) return layers.leakyReLU({ name, alpha: negative_slope });
    return typeof max_value === 'number' ? layers.reLU({ name, maxValue: max_value }) : relu(name);
  },
  LeakyReLU({ name, alpha, negative_slope }) {
    return layers.leakyReLU({ name, alpha: (negative_slope ?? alpha ?? 0.3) as number });
  },
  PReLU({ name, shared_axes }) {
    return layers.prelu({
      name,
      alphaInitializer: zeros,
      sharedAxes: (shared_axes ?? undefined) as number[] | undefined,
    });
  },
  ELU: ({ name, alpha = 1 }) => layers.elu({ name, alpha: alpha as number }),
  ThresholdedReLU: ({ name, theta = 1 }) => layers.thresholdedReLU({ name, theta: theta as number }),
  Softmax(config, [input]) {
    const axis = config.axis ?? -1;
    if (axis !== -1 && axis !== input.length - 1) throw refused(config, `axis ${JSON.stringify(axis)}`);
    return layers.softmax({ name: config.name, axis: -1 });
  },
  Add: ({ name }) => layers.add({ name }),
  Multiply: ({ name }) => layers.multiply({ name }),
  Average: ({ name }) => layers.average({ name }),
  Maximum: ({ name }) => layers.maximum({ name }),
  Minimum: ({ name }) => layers.minimum({ name }),
  Concatenate: ({ name, axis = -1 }) => layers.concatenate({ name, axis: axis as number }),
};

/** Layers that do nothing, or nothing outside of training. */
const IDENTITIES = [
  ...['Identity', 'ActivityRegularization', 'RandomFlip', 'RandomRotation', 'RandomZoom', 'RandomTranslation'],
  ...['RandomContrast', 'RandomBrightness', 'RandomShear', 'RandomErasing', 'RandomColorJitter', 'RandomHue'],
  ...['RandomSaturation', 'RandomSharpness', 'RandomPerspective', 'RandomGaussianBlur', 'RandomElasticTransform'],
];

/** The tfjs layers that replace a Keras layer: the layer itself, and its activation if it has one. */
export interface MadeLayers {
  /** The layer with the weights. Absent for a layer that does nothing. */
  readonly layer?: layers.Layer;
  /** Layers to apply to its output, in order. */
  readonly after: readonly layers.Layer[];
}

/**
 * Makes the tfjs layers that replace a Keras layer.
 *
 * @param inputs - Shapes of its inputs, starting with null for the batch.
 * @param keras3 - Whether Keras 3 wrote the file; its `hard_sigmoid` is another function.
 * @throws FerError `UNSUPPORTED`, naming the layer and its unsupported property.
 */
export function kerasLayers(
  { class_name, config, key, module, trainable }: NetworkLayer,
  inputs: readonly Shape[],
  keras3: boolean,
): MadeLayers {
  if (IDENTITIES.includes(class_name)) return { after: [] };
  const named: Config = { ...config, name: key };
  const activation = named.activation ?? 'linear';
  if (class_name === 'Activation') {
    const [layer, ...after] = layerActivation(activation, key, keras3);
    return layer ? { layer, after } : { layer: layers.activation({ name: key, activation: 'linear' }), after: [] };
  }
  const make = Object.hasOwn(MAKERS, class_name) ? MAKERS[class_name] : undefined;
  if (!make) {
    const known = [...Object.keys(MAKERS), 'Activation'].join(', ');
    throw new FerError('UNSUPPORTED', `layer ${config.name} is a ${class_name}: what can be imported are ${known}.`);
  }
  if (module?.startsWith('keras.src.ops') && inputs.length < 2) {
    throw refused(config, `a number in the place of a tensor (${class_name})`);
  }
  const plain = plainActivation(activation);
  const layer = build(make, plain ? { ...named, activation: plain } : named, inputs);
  layer.trainable = trainable && !scalesChannels({ class_name, config });
  const after = plain ? [] : layerActivation(activation, `${key}_activation`, keras3);
  if (config.keepdims === true) {
    const channels = inputs[0][3] as number;
    return { layer, after: [layers.reshape({ name: `${key}_keepdims`, targetShape: [1, 1, channels] }), ...after] };
  }
  return { layer, after };
}

/** Runs a maker; tfjs-layers throws its own errors for what it doesn't support. */
function build(make: Make, config: Config, inputs: readonly Shape[]): layers.Layer {
  try {
    return make(config, inputs);
  } catch (cause) {
    if (isFerError(cause)) throw cause;
    throw new FerError(
      'UNSUPPORTED',
      `layer ${config.name} can't be made of tfjs-layers (${(cause as Error).message}): change the model.`,
      {},
      { cause },
    );
  }
}

function relu(name: string): layers.Layer {
  return layers.activation({ name, activation: 'relu' });
}

function convolution(config: Config) {
  channelsLast(config);
  demand(config, 'padding', ['valid', 'same']);
  const { name, kernel_size, strides, padding, dilation_rate, use_bias, activation } = config;
  return {
    name,
    kernelSize: kernel_size as Size,
    strides: strides as Size,
    padding: padding as 'valid' | 'same',
    dilationRate: (dilation_rate ?? 1) as Size,
    useBias: use_bias !== false,
    activation: activation === 'relu' ? ('relu' as const) : ('linear' as const),
  };
}

function pooling(config: Config) {
  channelsLast(config);
  demand(config, 'padding', ['valid', 'same']);
  const { name, pool_size, strides, padding } = config;
  return {
    name,
    poolSize: pool_size as Size,
    strides: (strides ?? pool_size) as Size,
    padding: padding as 'valid' | 'same',
  };
}

function globalPooling(config: Config) {
  channelsLast(config);
  return { name: config.name };
}

/** Refuses a layer that scales each channel of anything but maps. */
function demandMaps(config: Config, input: Shape): void {
  if (input.length !== 4) throw refused(config, `an input of ${input.length} dimensions`);
}

function channelsLast(config: Config): void {
  demand(config, 'data_format', ['channels_last']);
}

/** A missing value means Keras' default, which must be the first of `allowed`. */
function demand(config: Config, key: string, allowed: readonly unknown[]): void {
  const values = [config[key] ?? allowed[0]].flat();
  if (values.every((value) => allowed.includes(value))) return;
  throw refused(config, `${key} ${JSON.stringify(config[key])}`);
}

function refused({ name }: Config, what: string): FerError {
  return new FerError('UNSUPPORTED', `layer ${name} has ${what}, which can't be imported: change the model.`);
}
