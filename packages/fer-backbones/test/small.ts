import { Random } from 'fer-core';
import { LayersBackbone } from '../src/backbones/layersBackbone.js';
import { buildNetwork, type LayerSpec } from '../src/network/network.js';
import type { Preprocessing } from '../src/network/preprocessing.js';

const LAYERS: readonly LayerSpec[] = [
  ...([{ conv: 6, relu: true }, 'batchNorm', { conv: 8, pad: 'same' }, 'batchNorm', 'relu', { pool: 2 }] as const),
  ...([{ dropout: 0.25 }, 'flatten', { dropout: 0.5 }, { dense: 16, relu: true }] as const),
];

/** Every kind of layer that backbones are made of, on 12×12 images. */
export function smallBackbone(seed = 1, values: Preprocessing['values'] = 'scale'): LayersBackbone {
  const input = { height: 12, width: 12, channels: 1, values };
  return new LayersBackbone('small', buildNetwork(LAYERS, input, new Random(seed)), input);
}
