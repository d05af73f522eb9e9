import { checkArray, checkBoolean, checkOptions, describeValue, FerError, Random } from 'fer-core';
import type { LayerSpec } from '../network/network.js';
import type { Preprocessing } from '../network/preprocessing.js';
import { isBelow1, isCount } from '../training/demand.js';
import type { LayersBackbone } from './layersBackbone.js';
import { makeBackbone } from './makeBackbone.js';

/** Options of {@link compactVgg}. */
export interface CompactVggOptions {
  /** Decides the initial weights. @default 0 */
  readonly seed?: number | undefined;
  /** Channels of each stage of two convolutions. @default [24, 48, 96, 192] */
  readonly widths?: readonly number[] | undefined;
  /**
   * How the last feature maps become features: the number of features of a dense layer with ReLU, or `'average'` for
   * the mean of each channel (as many features as the last stage has channels).
   *
   * @default 512
   */
  readonly features?: number | 'average' | undefined;
  /** Whether the last stage ends with max pooling, like the others. @default true */
  readonly finalPool?: boolean | undefined;
  /** Dropout rate after each stage, from 0 to below 1. @default [0, 0.1, 0.1, 0.2] */
  readonly dropout?: readonly number[] | undefined;
  /** Dropout rate of the features, from 0 to below 1. @default 0.4 */
  readonly featureDropout?: number | undefined;
}

const NAMES = ['seed', 'widths', 'features', 'finalPool', 'dropout', 'featureDropout'];

const INPUT: Preprocessing = { height: 48, width: 48, channels: 1, values: 'standardise' };

/** Two 3×3 convolutions, each with batch normalisation before its ReLU, then pooling and dropout. */
function stage(filters: number, pools: boolean, dropout: number): LayerSpec[] {
  const convolution: LayerSpec[] = [{ conv: filters, pad: 'same', bias: false }, 'batchNorm', 'relu'];
  const specs: LayerSpec[] = [...convolution, ...convolution];
  if (pools) specs.push({ pool: 2 });
  if (dropout > 0) specs.push({ dropout });
  return specs;
}

/**
 * A small VGG (after Simonyan & Zisserman, 2015): stages of two batch-normalised 3×3 convolutions with max pooling
 * between them. By default it has 24, 48, 96 and 192 channels and a dense layer of 512 features. With the dense layer
 * for seven classes that training adds, it has 1,548,863 parameters and takes 67 million multiply-adds per image.
 *
 * It takes grey 48×48 images, each standardised to mean 0 and standard deviation 1.
 *
 * @throws FerError `INVALID_ARGUMENT` for an option out of range.
 *
 * @example
 * ```ts
 * const small = compactVgg({ widths: [16, 32, 48, 64], features: 'average' }); // 116,439 parameters with seven classes
 * ```
 */
export function compactVgg(options: CompactVggOptions = {}): LayersBackbone {
  checkOptions('compactVgg', options, NAMES);
  const { seed = 0, widths = [24, 48, 96, 192], features = 512, finalPool = true } = options;
  checkArray('widths', widths);
  checkBoolean('finalPool', finalPool);
  const { dropout = widths.map((_, i) => [0, 0.1, 0.1, 0.2][i] ?? 0.2), featureDropout = 0.4 } = options;
  checkArray('dropout', dropout);
  if (widths.length < 1 || widths.length > 5 || !Array.from(widths).every(isCount)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `widths are [${Array.from(widths, describeValue).join(', ')}]: give 1 to 5 whole numbers above 0.`,
    );
  }
  if (features !== 'average' && !isCount(features)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `features is ${describeValue(features)}: give a whole number above 0, or 'average'.`,
    );
  }
  if (dropout.length !== widths.length || ![...Array.from(dropout), featureDropout].every(isBelow1)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `dropout is [${Array.from(dropout, describeValue).join(', ')}] and featureDropout ${describeValue(featureDropout)}: give one share a stage, each from 0 to below 1.`,
    );
  }
  const layers = widths.flatMap((width, i) => stage(width, finalPool || i + 1 < widths.length, dropout[i]));
  if (features === 'average') layers.push({ globalAveragePool: 'global_average_pooling2d' });
  else layers.push('flatten', { dense: features, relu: true });
  if (featureDropout > 0) layers.push({ dropout: featureDropout });
  return makeBackbone('compact-vgg', layers, INPUT, new Random(seed));
}
