import { layers } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';
import type { NamedWeight } from '../weights/namedWeights.js';
import type { NetworkLayer } from './kerasNetwork.js';

/** As in Keras: a standard deviation below this counts as this. */
const LEAST_DEVIATION = 1e-7;

/**
 * Whether a layer scales each channel by constants of its own: Normalization, or a Rescaling by lists. tfjs-layers has
 * neither. A frozen depthwise 1×1 convolution computes the same.
 */
export function scalesChannels({ class_name, config }: Pick<NetworkLayer, 'class_name' | 'config'>): boolean {
  if (class_name === 'Normalization') return true;
  return class_name === 'Rescaling' && [config.scale, config.offset].some((value) => typeof value === 'object');
}

/** Makes the convolution that replaces such a layer. Its weights are those of {@link scalingWeights}. */
export function scalingLayer(name: string): layers.Layer {
  return layers.depthwiseConv2d({ name, kernelSize: 1, depthwiseInitializer: 'zeros', useBias: true });
}

/**
 * Returns the kernel and bias of a {@link scalingLayer}.
 *
 * @param channels - The number of channels of the layer's input.
 * @param stored - The layer's weights in the file: mean, variance and the number of values, if it was adapted to data.
 * @param file - Path or URL, for messages.
 * @throws FerError `INVALID_DATA` if a Normalization has neither weights nor constants; `UNSUPPORTED` if there isn't one
 *   number for each channel, or one for all.
 */
export function scalingWeights(
  layer: NetworkLayer,
  channels: number,
  stored: readonly NamedWeight[] = [],
  file = 'model',
): NamedWeight[] {
  const { class_name, config, key } = layer;
  const each = (name: string, values: readonly number[]): readonly number[] => {
    if (values.length === channels) return values;
    if (values.length === 1) return new Array<number>(channels).fill(values[0]);
    throw new FerError(
      'UNSUPPORTED',
      `layer ${config.name} has ${values.length} numbers as ${name} for ${channels} channels: change the model.`,
      { file },
    );
  };
  let scale: readonly number[];
  let offset: readonly number[];
  if (class_name === 'Rescaling') {
    scale = each('scale', numbersOf(config.scale));
    offset = each('offset', numbersOf(config.offset ?? 0));
  } else {
    const given = [config.mean, config.variance].map((value) => value !== undefined && value !== null);
    const [first, second] = given.every(Boolean)
      ? [numbersOf(config.mean), numbersOf(config.variance)]
      : stored.slice(0, 2).map(({ values }) => [...values]);
    if (!first || !second) {
      throw new FerError(
        'INVALID_DATA',
        `layer ${config.name} has no mean and variance: adapt it to data before you save the model.`,
        { file },
      );
    }
    const mean = each('mean', first);
    const deviation = each('variance', second).map((variance) => Math.max(Math.sqrt(variance), LEAST_DEVIATION));
    scale = config.invert === true ? deviation : deviation.map((value) => 1 / value);
    offset = config.invert === true ? mean : mean.map((value, c) => -value / deviation[c]);
  }
  return [
    { name: `${key}/scale`, shape: [1, 1, channels, 1], values: Float32Array.from(scale) },
    { name: `${key}/offset`, shape: [channels], values: Float32Array.from(offset) },
  ];
}

/** The numbers of a list of any depth, of a single number, or of an array as Keras 3 writes NumPy's. */
function numbersOf(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(numbersOf);
  const { config } = (value ?? {}) as { config?: { value?: unknown } };
  return config?.value === undefined ? [Number(value)] : numbersOf(config.value);
}
