import { layers } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';
import type { KerasLayer } from './kerasChain.js';

type Config = KerasLayer['config'];

/** How each kind of layer is made; `input` is the shape of what it takes, with the batch's null in front. */
const MAKERS: Readonly<Record<string, (config: Config, input: readonly (number | null)[]) => layers.Layer>> = {
  Conv2D(config) {
    const { name, filters, kernel_size, strides, padding, use_bias } = config;
    demand(config, 'data_format', ['channels_last']);
    demand(config, 'dilation_rate', [1]);
    demand(config, 'groups', [1]);
    return layers.conv2d({
      ...{ name, filters: filters as number, kernelSize: kernel_size as number[], strides: strides as number[] },
      ...{ padding: padding as 'valid' | 'same', useBias: use_bias as boolean, activation: activation(config) },
      kernelInitializer: 'zeros',
    });
  },
  Dense(config, input) {
    if (input.length !== 2) throw refused(config, `input of ${input.length} dimensions`);
    return denseLayer(config, activation(config));
  },
  BatchNormalization(config, input) {
    const { name, epsilon, momentum } = config as Config & { epsilon: number; momentum: number };
    const axes = [config.axis ?? -1].flat() as number[];
    if (axes.length !== 1 || (axes[0] + input.length) % input.length !== input.length - 1) {
      throw refused(config, `axis ${axes.join(', ')}`);
    }
    demand(config, 'center', [true]);
    demand(config, 'scale', [true]);
    return layers.batchNormalization({ name, epsilon, momentum });
  },
  MaxPooling2D(config) {
    const { name, pool_size, strides, padding } = config;
    demand(config, 'data_format', ['channels_last']);
    return layers.maxPooling2d({
      ...{ name, poolSize: pool_size as [number, number], strides: (strides ?? pool_size) as [number, number] },
      padding: padding as 'valid' | 'same',
    });
  },
  Dropout({ name, rate }) {
    return layers.dropout({ name, rate: rate as number });
  },
  Flatten(config) {
    demand(config, 'data_format', ['channels_last']);
    return layers.flatten({ name: config.name });
  },
  Activation(config) {
    return layers.activation({ name: config.name, activation: activation(config) });
  },
};

/**
 * A tfjs layer as Keras describes it.
 *
 * @param input - Shape of what it takes, with the batch's null in front.
 * @throws FerError `UNSUPPORTED`, naming the layer and what of it is unknown here.
 */
export function kerasLayer({ class_name, config }: KerasLayer, input: readonly (number | null)[]): layers.Layer {
  const make = MAKERS[class_name];
  if (!make) {
    const known = Object.keys(MAKERS).join(', ');
    throw new FerError('UNSUPPORTED', `layer ${config.name} is a ${class_name}: what can be imported are ${known}.`);
  }
  const layer = make(config, input);
  layer.trainable = config.trainable !== false;
  return layer;
}

/** A dense layer without its activation, or with another. */
export function denseLayer({ name, units, use_bias }: Config, activation: 'linear' | 'relu'): layers.Layer {
  const useBias = use_bias !== false;
  return layers.dense({ name, units: units as number, useBias, activation, kernelInitializer: 'zeros' });
}

function activation(config: Config): 'linear' | 'relu' {
  demand(config, 'activation', ['linear', 'relu']);
  return (config.activation ?? 'linear') as 'linear' | 'relu';
}

/** What is absent is as Keras' default, which is the first allowed. */
function demand(config: Config, key: string, allowed: readonly unknown[]): void {
  const values = [config[key] ?? allowed[0]].flat();
  if (values.every((value) => allowed.includes(value))) return;
  throw refused(config, `${key} ${JSON.stringify(config[key])}`);
}

function refused({ name }: Config, what: string): FerError {
  return new FerError('UNSUPPORTED', `layer ${name} has ${what}, which can't be imported: change the model.`);
}
