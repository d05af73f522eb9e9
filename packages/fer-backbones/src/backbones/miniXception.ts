import { checkOptions, Random } from 'fer-core';
import type { LayerSpec } from '../network/network.js';
import type { Preprocessing } from '../network/preprocessing.js';
import type { LayersBackbone } from './layersBackbone.js';
import { makeBackbone } from './makeBackbone.js';

/** Options of {@link miniXception}. */
export interface MiniXceptionOptions {
  /** Height and width of the images, in pixels. The original uses 64, upscaled from FER2013's 48. @default 48 */
  readonly size?: number | undefined;
  /** Decides the initial weights. @default 0 */
  readonly seed?: number | undefined;
}

const MODULES = [16, 32, 64, 128];

/**
 * mini-XCEPTION (Arriaga, Plöger & Valdenegro, Real-time Convolutional Neural Networks for Emotion and Gender
 * Classification, 2017): two convolutions of 8 channels, four residual modules of depthwise separable convolutions, and
 * a 3×3 convolution to the classes, followed by global average pooling.
 *
 * Global average pooling of that last convolution is a linear function of the means of its input maps over the nine
 * window positions. These 9 · 128 = 1,152 means are the features. So the dense layer that training adds is equivalent
 * to the original's last convolution. With seven classes it has the 58,423 parameters of the original.
 *
 * Takes grey images, with pixels scaled to [−1, 1].
 *
 * @example
 * ```ts
 * const backbone = miniXception({ seed: 1 });
 * await backbone.fit(train, { epochs: 30, optimizer: adamW(), learningRate: 1e-3 });
 * ```
 */
export function miniXception(options: MiniXceptionOptions = {}): LayersBackbone {
  checkOptions('miniXception', options, ['size', 'seed']);
  const { size = 48, seed = 0 } = options;
  const values = { scale: 1 / 127.5, offset: -1 };
  const input: Preprocessing = { height: size, width: size, channels: 1, values };
  const specs: LayerSpec[] = [...convolution('conv1', 8), ...convolution('conv2', 8)];
  for (const [i, filters] of MODULES.entries()) specs.push(module(`module${i + 1}`, filters));
  specs.push({ windowMeans: 3, name: 'window_means' });
  return makeBackbone('mini-xception', specs, input, new Random(seed));
}

function convolution(name: string, filters: number): LayerSpec[] {
  return [
    { conv: filters, bias: false, name },
    { batchNorm: `${name}_bn` },
    { activation: 'relu', name: `${name}_relu` },
  ];
}

function module(name: string, filters: number): LayerSpec {
  return {
    residual: [
      { separable: filters, name: `${name}_separable1` },
      { batchNorm: `${name}_bn1` },
      { activation: 'relu', name: `${name}_relu` },
      { separable: filters, name: `${name}_separable2` },
      { batchNorm: `${name}_bn2` },
      { pool: 3, stride: 2, pad: 'same', name: `${name}_pool` },
    ],
    shortcut: [
      { conv: filters, kernel: 1, stride: 2, pad: 'same', bias: false, name: `${name}_shortcut_conv` },
      { batchNorm: `${name}_shortcut_bn` },
    ],
    name: `${name}_add`,
  };
}
