import { checkArray, checkBoolean, checkOptions, describeValue, FerError, Random } from 'fer-core';
import { heNormal, type LayerSpec } from '../network/network.js';
import type { Preprocessing } from '../network/preprocessing.js';
import { demand, isBelow1, isCount } from '../training/demand.js';
import type { LayersBackbone } from './layersBackbone.js';
import { makeBackbone } from './makeBackbone.js';

/** Options of {@link resNet}. */
export interface ResNetOptions {
  /** Channels of the first stage; each stage after it has twice as many. @default 16 */
  readonly width?: number | undefined;
  /** Basic blocks of each stage; every stage but the first halves height and width. @default [2, 2, 2, 2] */
  readonly blocks?: readonly number[] | undefined;
  /**
   * Stride of the first convolution. With 2 the network works at half the resolution, as He et al.'s networks for large
   * images do: it takes a quarter of the multiply-adds, or about as many with twice the width.
   *
   * @default 1
   */
  readonly stemStride?: 1 | 2 | undefined;
  /**
   * Add squeeze-and-excitation: scale the channels of each block by gates that see the whole image (Hu et al., 2018).
   * @default false
   */
  readonly squeezeExcite?: boolean | undefined;
  /** Dropout rate of the features in training. @default 0 */
  readonly dropout?: number | undefined;
  /** Height and width of the images, in pixels. @default 48 */
  readonly size?: number | undefined;
  /** Colour channels of the images. @default 1, grey */
  readonly channels?: number | undefined;
  /** How pixels are scaled before the first layer. @default 'standardise' */
  readonly values?: Preprocessing['values'] | undefined;
  /** Decides the initial weights. @default 0 */
  readonly seed?: number | undefined;
}

/** Reduction ratio of squeeze-and-excitation: channels of a stage per unit of its first dense layer. */
const SQUEEZE = 8;

const OPTIONS = ['width', 'blocks', 'stemStride', 'squeezeExcite', 'dropout', 'size', 'channels', 'values', 'seed'];

/**
 * A residual network for small images (He et al., Deep Residual Learning, 2016, the variant for CIFAR): a 3×3
 * convolution, stages of basic blocks, and global average pooling. A basic block has two 3×3 convolutions with batch
 * normalisation; its input is added before the last ReLU, through a 1×1 convolution if the shape changes. The features
 * are the channels of the last stage: `width` · 2^(stages − 1), by default 128.
 *
 * By default, with the dense layer for seven classes that training adds, it has 703,191 parameters and takes 78.2
 * million multiply-adds per image. Layers are named `stem_conv`, `stage2_block1_conv1`, `stage2_block1_bn1`,
 * `stage2_block1_add` and so on. With `{ width: 32, blocks: [3, 2, 2], stemStride: 2 }` it takes 69.8 million, in wider
 * maps of fewer pixels, on which convolutions are faster.
 *
 * @throws FerError `INVALID_ARGUMENT` for an option out of range.
 * @example
 * ```ts
 * const backbone = resNet({ width: 32, blocks: [2, 2, 2], squeezeExcite: true });
 * await backbone.fit(train, { epochs: 30 });
 * ```
 */
export function resNet(options: ResNetOptions = {}): LayersBackbone {
  checkOptions('resNet', options, OPTIONS);
  const { width = 16, blocks = [2, 2, 2, 2], squeezeExcite = false, dropout = 0, size = 48, channels = 1 } = options;
  const { stemStride = 1, values = 'standardise', seed = 0 } = options;
  checkArray('blocks', blocks);
  const counts = { width, size, channels, 'the number of stages': blocks.length };
  for (const [name, value] of Object.entries(counts)) demand(isCount(value), name, value, 'a whole number from 1');
  for (const [i, count] of blocks.entries()) demand(isCount(count), `blocks[${i}]`, count, 'a whole number from 1');
  if (stemStride !== 1 && stemStride !== 2) {
    throw new FerError('INVALID_ARGUMENT', `stemStride is ${describeValue(stemStride)}: give 1 or 2.`);
  }
  demand(isBelow1(dropout), 'dropout', dropout, 'from 0 to below 1');
  checkBoolean('squeezeExcite', squeezeExcite);
  const input: Preprocessing = { height: size, width: size, channels, values };
  const specs: LayerSpec[] = [
    { conv: width, stride: stemStride, pad: 'same', bias: false, name: 'stem_conv' },
    { batchNorm: 'stem_bn' },
    { activation: 'relu', name: 'stem_relu' },
  ];
  for (const [i, count] of blocks.entries()) {
    for (let block = 1; block <= count; block++) {
      specs.push(...basicBlock(`stage${i + 1}_block${block}`, width * 2 ** i, i > 0 && block === 1, squeezeExcite));
    }
  }
  specs.push({ globalAveragePool: 'pool' });
  if (dropout > 0) specs.push({ dropout, name: 'dropout' });
  return makeBackbone('resnet', specs, input, new Random(seed), heNormal);
}

/** `narrows`: whether the block halves height and width and changes the number of channels. */
function basicBlock(name: string, filters: number, narrows: boolean, squeezeExcite: boolean): readonly LayerSpec[] {
  const stride = narrows ? 2 : 1;
  const residual: LayerSpec[] = [
    { conv: filters, stride, pad: 'same', bias: false, name: `${name}_conv1` },
    { batchNorm: `${name}_bn1` },
    { activation: 'relu', name: `${name}_relu1` },
    { conv: filters, pad: 'same', bias: false, name: `${name}_conv2` },
    { batchNorm: `${name}_bn2` },
  ];
  if (squeezeExcite) residual.push({ squeezeExcite: SQUEEZE, name: `${name}_se` });
  const shortcut: readonly LayerSpec[] = narrows
    ? [
        { conv: filters, kernel: 1, stride, pad: 'same', bias: false, name: `${name}_shortcut_conv` },
        { batchNorm: `${name}_shortcut_bn` },
      ]
    : [];
  return [
    { residual, shortcut, name: `${name}_add` },
    { activation: 'relu', name: `${name}_relu2` },
  ];
}
