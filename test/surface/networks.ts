import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { LayersBackbone } from 'fer-backbones';
import type { Dataset } from 'fer-core';

/** 12 grey images of 6×6 pixels, of three classes. */
export function smallFaces(): Dataset {
  const images = Uint8Array.from({ length: 12 * 36 }, (_, at) => (Math.floor(at / 36) % 3 === at % 3 ? 200 : at % 90));
  const labels = Uint8Array.from({ length: 12 }, (_, i) => i % 3);
  return { images, n: 12, height: 6, width: 6, channels: 1, labels, classes: ['a', 'b', 'c'] };
}

function drawn(seed: number) {
  return initializers.glorotUniform({ seed });
}

/** A network of a few weights, always the same, for {@link smallFaces}, whose features are four numbers. */
export function smallNetwork(): LayersModel {
  return sequential({
    layers: [
      layers.conv2d({
        inputShape: [6, 6, 1],
        filters: 2,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: drawn(1),
      }),
      layers.flatten(),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 4, activation: 'relu', kernelInitializer: drawn(2) }),
    ],
  });
}

/** {@link smallNetwork} as a backbone. */
export function smallBackbone(): LayersBackbone {
  return new LayersBackbone('small', smallNetwork(), { height: 6, width: 6, channels: 1, values: 'scale' });
}
