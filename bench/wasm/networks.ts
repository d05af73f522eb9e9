import * as layers from '@tensorflow/tfjs-layers';
import { compactVgg, miniXception, resNet } from 'fer-backbones';
import type { Dataset, Images } from 'fer-core';

/** A timed network on 48×48 images, up to its features. */
interface Timed {
  readonly channels: number;
  readonly build: () => layers.LayersModel;
}

/** The original's two networks and a MobileNet, which other contestants run too. */
export const CHAINS: Readonly<Record<string, { readonly channels: number; readonly build: () => layers.Sequential }>> =
  {
    ShallowCNN: { channels: 1, build: shallowCnn },
    VGG16: { channels: 3, build: vgg16 },
    MobileNet: { channels: 3, build: mobileNet },
  };

/** All timed networks. The additional ones run only with ours, onnxruntime's and PyTorch's contestants. */
export const NETWORKS: Readonly<Record<string, Timed>> = {
  ...CHAINS,
  compactVgg: { channels: 1, build: () => compactVgg().model },
  ResNet: { channels: 1, build: () => resNet().model },
  // 69.8 million multiply-adds an image.
  'half-resolution ResNet': {
    channels: 1,
    build: () => resNet({ width: 32, blocks: [3, 2, 2], stemStride: 2 }).model,
  },
  'mini-XCEPTION': { channels: 1, build: () => miniXception().model },
};

/** MobileNet's blocks (Howard et al., 2017) for 48×48: a 3×3 depthwise and a 1×1 convolution, each normalised. */
function mobileNet(): layers.Sequential {
  const { conv2d, depthwiseConv2d, batchNormalization, reLU, globalAveragePooling2d, inputLayer } = layers.layers;
  const normalised = (layer: layers.layers.Layer) => [layer, batchNormalization(), reLU()];
  const block = (filters: number, strides: number) => [
    ...normalised(depthwiseConv2d({ kernelSize: 3, strides, padding: 'same', useBias: false })),
    ...normalised(conv2d({ filters, kernelSize: 1, useBias: false })),
  ];
  return layers.sequential({
    layers: [
      inputLayer({ inputShape: [48, 48, 3] }),
      ...normalised(conv2d({ filters: 32, kernelSize: 3, padding: 'same', useBias: false })),
      ...[
        block(64, 1),
        block(128, 2),
        block(128, 1),
        block(256, 2),
        block(256, 1),
        block(512, 2),
        block(512, 1),
      ].flat(),
      globalAveragePooling2d({}),
    ],
  });
}

function shallowCnn(): layers.Sequential {
  const { conv2d, batchNormalization, maxPooling2d, dropout, flatten, dense } = layers.layers;
  const conv = (filters: number, inputShape?: number[]) => [
    conv2d({
      filters,
      kernelSize: 3,
      activation: 'relu',
      kernelInitializer: 'glorotUniform',
      inputShape: inputShape as [number, number, number],
    }),
    batchNormalization(),
  ];
  const block = (...parts: layers.layers.Layer[][]) => [...parts.flat(), maxPooling2d({ poolSize: 2 })];
  return layers.sequential({
    layers: [
      ...block(conv(32, [48, 48, 1]), conv(32)),
      dropout({ rate: 0.25 }),
      ...block(conv(64), conv(64)),
      dropout({ rate: 0.25 }),
      ...block(conv(128)),
      ...[
        flatten(),
        dropout({ rate: 0.5 }),
        dense({ units: 1024, activation: 'relu', kernelInitializer: 'glorotUniform' }),
      ],
    ],
  });
}

function vgg16(): layers.Sequential {
  const { conv2d, maxPooling2d, flatten } = layers.layers;
  const model = layers.sequential();
  model.add(layers.layers.inputLayer({ inputShape: [48, 48, 3] }));
  for (const item of [
    64,
    64,
    'M',
    128,
    128,
    'M',
    256,
    256,
    256,
    'M',
    512,
    512,
    512,
    'M',
    512,
    512,
    512,
    'M',
  ] as const) {
    if (item === 'M') model.add(maxPooling2d({ poolSize: 2 }));
    else
      model.add(
        conv2d({
          filters: item,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          kernelInitializer: 'glorotUniform',
        }),
      );
  }
  model.add(flatten());
  return model;
}

/** Random images with random labels: speed doesn't depend on the content of images. */
export function noise(n: number, channels: number): Images & Dataset {
  const images = Uint8Array.from(
    { length: n * 48 * 48 * channels },
    (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 24) & 255,
  );
  const labels = Uint8Array.from({ length: n }, (_, i) => i % 7);
  return { images, labels, n, height: 48, width: 48, channels, classes: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] };
}
