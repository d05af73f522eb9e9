import { checkOptions, Random } from 'fer-core';
import type { LayerSpec } from '../network/network.js';
import type { Preprocessing } from '../network/preprocessing.js';
import type { LayersBackbone } from './layersBackbone.js';
import { makeBackbone } from './makeBackbone.js';

/** Options of {@link shallowCnn}. */
export interface ShallowCnnOptions {
  /** Decides the initial weights. @default 0 */
  readonly seed?: number | undefined;
}

const INPUT: Preprocessing = { height: 48, width: 48, channels: 1, values: 'scale' };

const LAYERS: readonly LayerSpec[] = [
  ...[{ conv: 32, relu: true }, 'batchNorm', { conv: 32, relu: true }, 'batchNorm', { pool: 2 }, { dropout: 0.25 }],
  ...[{ conv: 64, relu: true }, 'batchNorm', { conv: 64, relu: true }, 'batchNorm', { pool: 2 }, { dropout: 0.25 }],
  ...[{ conv: 128, relu: true }, 'batchNorm', { pool: 2 }],
  ...['flatten', { dropout: 0.5 }, { dense: 1024, relu: true }],
] as LayerSpec[];

/**
 * The original's shallow network: five 3×3 convolutions (32, 32, 64, 64, 128; valid padding, ReLU, then batch
 * normalisation), three max poolings, dropout, and a dense layer of 1,024 features. With the dense layer for seven
 * classes that training adds, it has 1,327,975 parameters and takes 42.5 million multiply-adds per image.
 *
 * Takes grey 48×48 images.
 *
 * @example
 * ```ts
 * const backbone = shallowCnn({ seed: 1 });
 * await backbone.fit(train, { epochs: 25, validation: publicTest });
 * const classifier = pipe(backbone, linearL2SVM());
 * await classifier.fit(train);
 * ```
 */
export function shallowCnn(options: ShallowCnnOptions = {}): LayersBackbone {
  checkOptions('shallowCnn', options, ['seed']);
  const { seed = 0 } = options;
  return makeBackbone('shallow-cnn', LAYERS, INPUT, new Random(seed));
}
