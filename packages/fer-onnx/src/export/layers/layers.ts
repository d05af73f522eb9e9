import { ACTIVATION_LAYERS } from './activations.js';
import type { Translate } from './call.js';
import { CONVOLUTION_LAYERS } from './convolutions.js';
import { DENSE_LAYERS } from './dense.js';
import { MERGE_LAYERS } from './merges.js';
import { NORMALISATION_LAYERS } from './normalisations.js';
import { POOLING_LAYERS } from './pooling.js';
import { PASSING_LAYERS, SHAPE_LAYERS } from './shapes.js';

/** Every layer that can be exported, by its class name in tfjs-layers. */
export const LAYERS: ReadonlyMap<string, Translate> = new Map([
  ...Object.entries(ACTIVATION_LAYERS),
  ...Object.entries(CONVOLUTION_LAYERS),
  ...Object.entries(DENSE_LAYERS),
  ...Object.entries(MERGE_LAYERS),
  ...Object.entries(NORMALISATION_LAYERS),
  ...Object.entries(PASSING_LAYERS),
  ...Object.entries(POOLING_LAYERS),
  ...Object.entries(SHAPE_LAYERS),
]);

/** The layers whose weights a following batch normalisation can be folded into. */
export const FOLDING: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2D', 'SeparableConv2D', 'Dense']);
