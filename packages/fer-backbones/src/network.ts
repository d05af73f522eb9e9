import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { Random } from 'fer-core';
import type { Preprocessing } from './preprocessing.js';

/** One line of a network's configuration list. */
export type LayerSpec =
  | {
      readonly conv: number;
      readonly kernel?: number;
      readonly pad?: 'valid' | 'same';
      readonly relu?: boolean;
      /** @default true */
      readonly bias?: boolean;
    }
  | { readonly dense: number; readonly relu?: boolean }
  | { readonly pool: number }
  | { readonly dropout: number }
  | 'batchNorm'
  | 'relu'
  | 'flatten';

/** A tfjs-layers model from a configuration list, with all weights drawn from one generator. */
export function buildNetwork(specs: readonly LayerSpec[], input: Preprocessing, random: Random): layers.Sequential {
  const model = layers.sequential();
  const { height, width, channels } = input;
  model.add(layers.layers.inputLayer({ inputShape: [height, width, channels] }));
  for (const spec of specs) model.add(buildLayer(spec));
  initialise(model, random);
  return model;
}

function buildLayer(spec: LayerSpec): layers.layers.Layer {
  if (spec === 'batchNorm') return layers.layers.batchNormalization();
  if (spec === 'relu') return layers.layers.activation({ activation: 'relu' });
  if (spec === 'flatten') return layers.layers.flatten();
  if ('pool' in spec) return layers.layers.maxPooling2d({ poolSize: spec.pool });
  if ('dropout' in spec) return layers.layers.dropout({ rate: spec.dropout });
  const activation = spec.relu ? 'relu' : 'linear';
  // tfjs draws initial weights itself, and slowly; ours replace them at once.
  const kernelInitializer = 'zeros';
  if ('dense' in spec) return layers.layers.dense({ units: spec.dense, activation, kernelInitializer });
  const { conv: filters, kernel: kernelSize = 3, pad: padding = 'valid', bias: useBias = true } = spec;
  return layers.layers.conv2d({ filters, kernelSize, padding, activation, kernelInitializer, useBias });
}

/** Kernels by Glorot & Bengio (2010), uniform, as Keras does by default; the rest stays at zeros and ones. */
function initialise(model: layers.Sequential, random: Random): void {
  for (const [i, layer] of model.layers.entries()) {
    const weights = layer.getWeights();
    if (weights.length === 0 || weights[0].shape.length < 2) continue;
    const kernel = glorotUniform(weights[0].shape, random.split('initialise', i));
    layer.setWeights([kernel, ...weights.slice(1)]);
    kernel.dispose();
  }
}

/** A kernel [...window, in, out], uniform within ±√(6 / (fan in + fan out)). */
export function glorotUniform(shape: readonly number[], random: Random): tf.Tensor {
  const [fanIn, fanOut] = shape.slice(-2);
  const window = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const limit = Math.sqrt(6 / (window * (fanIn + fanOut)));
  const size = window * fanIn * fanOut;
  const values = Float32Array.from({ length: size }, () => random.between(-limit, limit));
  return tf.tensor(values, [...shape]);
}
