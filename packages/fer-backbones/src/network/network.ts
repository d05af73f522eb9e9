import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { Random } from 'fer-core';
import type { Preprocessing } from './preprocessing.js';

/** One line of a network's configuration list. A layer without a name gets Keras' own: `conv2d`, `conv2d_1` and on. */
export type LayerSpec =
  | {
      readonly conv: number;
      readonly kernel?: number;
      readonly pad?: 'valid' | 'same';
      readonly relu?: boolean;
      /** @default true */
      readonly bias?: boolean;
      readonly name?: string;
    }
  | { readonly dense: number; readonly relu?: boolean; readonly name?: string }
  | { readonly pool: number; readonly name?: string }
  | { readonly dropout: number; readonly name?: string }
  | 'batchNorm'
  | 'relu'
  | 'flatten';

/** A tfjs-layers model from a configuration list, with all weights drawn from one generator. */
export function buildNetwork(specs: readonly LayerSpec[], input: Preprocessing, random: Random): layers.Sequential {
  const model = layers.sequential();
  const { height, width, channels } = input;
  model.add(layers.layers.inputLayer({ inputShape: [height, width, channels], name: 'input' }));
  const counts = new Map<string, number>();
  // Names don't depend on what was built before in the process: checkpoints, and freezing, go by them.
  const numbered = (kind: string) => {
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return count === 0 ? kind : `${kind}_${count}`;
  };
  for (const spec of specs) model.add(buildLayer(spec, numbered));
  initialise(model, random);
  return model;
}

function buildLayer(spec: LayerSpec, numbered: (kind: string) => string): layers.layers.Layer {
  if (spec === 'batchNorm') return layers.layers.batchNormalization({ name: numbered('batch_normalization') });
  if (spec === 'relu') return layers.layers.activation({ activation: 'relu', name: numbered('activation') });
  if (spec === 'flatten') return layers.layers.flatten({ name: numbered('flatten') });
  if ('pool' in spec) {
    return layers.layers.maxPooling2d({ poolSize: spec.pool, name: spec.name ?? numbered('max_pooling2d') });
  }
  if ('dropout' in spec) {
    return layers.layers.dropout({ rate: spec.dropout, name: spec.name ?? numbered('dropout') });
  }
  const activation = spec.relu ? 'relu' : 'linear';
  // tfjs draws initial weights itself, and slowly; ours replace them at once.
  const kernelInitializer = 'zeros';
  if ('dense' in spec) {
    const name = spec.name ?? numbered('dense');
    return layers.layers.dense({ units: spec.dense, activation, kernelInitializer, name });
  }
  const { conv: filters, kernel: kernelSize = 3, pad: padding = 'valid', bias: useBias = true } = spec;
  const name = spec.name ?? numbered('conv2d');
  return layers.layers.conv2d({ filters, kernelSize, padding, activation, kernelInitializer, useBias, name });
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
  const values = new Float32Array(window * fanIn * fanOut);
  // VGG16 has fifteen million: Float32Array.from would take five times as long.
  for (let i = 0; i < values.length; i++) values[i] = random.between(-limit, limit);
  return tf.tensor(values, [...shape]);
}
