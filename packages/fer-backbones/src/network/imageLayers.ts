import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { apply } from './network.js';
import { affineOf, type Preprocessing } from './preprocessing.js';

type Symbolic = ReturnType<typeof apply>;

/** Layers that apply a preprocessing to pixels 0..255. Their weights, if any, are not trainable. */
export function preprocessingLayers(pixels: Symbolic, preprocessing: Preprocessing): Symbolic {
  const affine = affineOf(preprocessing);
  return affine ? affineLayer(pixels, affine) : standardiseLayers(pixels, preprocessing);
}

function affineLayer(pixels: Symbolic, { scale, offset }: Record<'scale' | 'offset', number[]>): Symbolic {
  if ([scale, offset].every((list) => list.every((value) => value === list[0]))) {
    return apply(layers.rescaling({ name: 'pixels', scale: scale[0], offset: offset[0] }), pixels);
  }
  const layer = layers.depthwiseConv2d({
    kernelSize: 1,
    depthwiseInitializer: 'zeros',
    trainable: false,
    name: 'pixels',
  });
  const prepared = apply(layer, pixels);
  tf.tidy(() => layer.setWeights([tf.tensor(scale, [1, 1, scale.length, 1]), tf.tensor1d(offset)]));
  return prepared;
}

/**
 * (x − mean) / max(deviation, least), where least = 255 / √pixels. Layer normalisation gives n = (x − mean) /
 * deviation. The mean of n · x is the deviation, so the result is n · min(1, deviation / least).
 */
function standardiseLayers(pixels: Symbolic, { height, width, channels }: Preprocessing): Symbolic {
  const size = height * width * channels;
  const least = 255 / Math.sqrt(size);
  const normal = apply(
    layers.layerNormalization({ axis: [1, 2, 3], center: false, scale: false, epsilon: 1e-6, name: 'standardise' }),
    pixels,
  );
  const product = apply(layers.multiply({ name: 'standardise_product' }), [normal, pixels]);
  // One channel, whose mean over all positions is the deviation.
  const column = apply(layers.reshape({ targetShape: [size, 1, 1], name: 'standardise_column' }), product);
  const deviation = apply(layers.globalAveragePooling2d({ name: 'standardise_deviation' }), column);
  const share = apply(layers.rescaling({ scale: 1 / least, name: 'standardise_share' }), deviation);
  const capped = apply(layers.reLU({ maxValue: 1, name: 'standardise_capped' }), share);
  const factor = apply(layers.reshape({ targetShape: [1, 1, 1], name: 'standardise_factor' }), capped);
  return apply(layers.multiply({ name: 'standardise_scale' }), [normal, factor]);
}

/** Layers that mirror images left to right: a dense layer along the last axis, whose kernel is a mirrored identity. */
export function mirrorLayers(images: Symbolic): Symbolic {
  const width = images.shape[2] as number;
  const across = apply(layers.permute({ dims: [1, 3, 2], name: 'mirror_across' }), images);
  const layer = layers.dense({
    units: width,
    useBias: false,
    kernelInitializer: 'zeros',
    trainable: false,
    name: 'mirror',
  });
  const mirrored = apply(layer, across);
  tf.tidy(() => layer.setWeights([tf.reverse(tf.eye(width), 0)]));
  return apply(layers.permute({ dims: [1, 3, 2], name: 'mirror_back' }), mirrored);
}
