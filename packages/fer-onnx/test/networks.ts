import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { LayersBackbone, type Preprocessing, type Views } from 'fer-backbones';
import { type Images, Random } from 'fer-core';

type Tensors = SymbolicTensor | SymbolicTensor[];

/** A function of symbolic tensors. */
export const apply = (layer: layers.Layer, x: Tensors) => layer.apply(x) as SymbolicTensor;

/** Images of random bytes. */
export function noise(n: number, height: number, width: number, channels: number, seed = 'noise'): Images {
  const random = new Random(seed);
  const images = Uint8Array.from({ length: n * height * width * channels }, () => random.int(256));
  return { images, n, height, width, channels };
}

/** Gives every weight of a model a random value, including the statistics of batch normalisations. */
export function randomise(network: LayersModel, random: Random): void {
  tf.tidy(() => {
    const weights = network.weights.map(({ originalName, shape }) => {
      const sizes = shape as number[];
      const fan = sizes.slice(0, -1).reduce((a, b) => a * b, 1);
      const positive = /variance|gamma/.test(originalName);
      const draw = () => (positive ? random.between(0.5, 1.5) : random.normal() / Math.sqrt(fan));
      return tf.tensor(Float32Array.from({ length: fan * (sizes.at(-1) ?? 1) }, draw), sizes);
    });
    network.setWeights(weights);
  });
}

/** A backbone of one graph over images, with random weights. */
export function backboneOf(
  [height, width, channels]: readonly [number, number, number],
  build: (x: SymbolicTensor) => SymbolicTensor,
  {
    values = 'scale',
    views,
    seed = 0,
  }: { values?: Preprocessing['values']; views?: Views; seed?: number | string } = {},
): LayersBackbone {
  const x = input({ shape: [height, width, channels], name: 'images' });
  const network = model({ inputs: x, outputs: build(x) });
  randomise(network, new Random(seed));
  return new LayersBackbone('random', network, { height, width, channels, values }, views);
}

const ACTIVATIONS = [
  ...([
    'relu',
    'relu6',
    'elu',
    'selu',
    'sigmoid',
    'hardSigmoid',
    'softplus',
    'softsign',
    'tanh',
    'swish',
    'mish',
  ] as const),
  ...(['gelu', 'softmax', 'linear', 'linear', 'linear'] as const),
];

/** A network of random blocks on images of random size, with random preprocessing and views. */
export function randomBackbone(seed: number): LayersBackbone {
  const random = new Random(`network/${seed}`);
  const pick = <T>(list: readonly T[]): T => list[random.int(list.length)];
  const blocks = [convolution, depthwise, separable, residual, gated, branches, margins, normalisation] as const;
  const shape = [10 + random.int(8), 10 + random.int(8), pick([1, 3])] as const;
  return backboneOf(
    shape,
    (images) => {
      let x = apply(layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'first' }), images);
      for (let i = 0; i < 5; i++) x = pick(blocks)(x, random);
      x = pick([flat, mean, maximum])(x);
      return apply(layers.dense({ units: 6, activation: pick(ACTIVATIONS) }), x);
    },
    {
      values: pick(['scale', 'standardise', { scale: 1 / 127.5, offset: -1 }] as const),
      views: pick(['single', 'flip', 'tenCrop'] as const),
      seed,
    },
  );
}

const flat = (x: SymbolicTensor) => apply(layers.flatten(), x);
const mean = (x: SymbolicTensor) => apply(layers.globalAveragePooling2d({}), x);
const maximum = (x: SymbolicTensor) => apply(layers.globalMaxPooling2d({}), x);

/** Strides greater than one only while the image is large enough. */
function strideFor(x: SymbolicTensor, random: Random): number {
  return Math.min(x.shape[1] as number, x.shape[2] as number) > 6 ? 1 + random.int(3) : 1;
}

function convolution(x: SymbolicTensor, random: Random): SymbolicTensor {
  const strides = strideFor(x, random);
  const dilated = strides === 1 && random.int(3) === 0;
  const conv = layers.conv2d({
    filters: 3 + random.int(4),
    kernelSize: [1 + random.int(3), 1 + random.int(3)],
    strides,
    padding: dilated ? 'same' : (['same', 'valid'] as const)[random.int((x.shape[1] as number) > 6 ? 2 : 1)],
    dilationRate: dilated ? 2 : 1,
    useBias: random.int(2) === 0,
    activation: ACTIVATIONS[random.int(ACTIVATIONS.length)],
  });
  return random.int(2) === 0 ? apply(conv, x) : apply(layers.batchNormalization(), apply(conv, x));
}

function depthwise(x: SymbolicTensor, random: Random): SymbolicTensor {
  const layer = layers.depthwiseConv2d({
    kernelSize: 3,
    strides: strideFor(x, random),
    padding: 'same',
    depthMultiplier: 1 + random.int(2),
  });
  return apply(layers.batchNormalization({ scale: false }), apply(layer, x));
}

function separable(x: SymbolicTensor, random: Random): SymbolicTensor {
  const layer = layers.separableConv2d({
    filters: 5,
    kernelSize: 3,
    strides: strideFor(x, random),
    padding: 'same',
    useBias: random.int(2) === 0,
  });
  return apply(layers.batchNormalization({ center: false }), apply(layer, x));
}

function residual(x: SymbolicTensor): SymbolicTensor {
  const filters = x.shape[3] as number;
  const body = apply(layers.conv2d({ filters, kernelSize: 3, padding: 'same' }), x);
  return apply(layers.activation({ activation: 'relu' }), apply(layers.add(), [x, body]));
}

function gated(x: SymbolicTensor): SymbolicTensor {
  const channels = x.shape[3] as number;
  const gates = apply(layers.dense({ units: channels, activation: 'sigmoid' }), mean(x));
  return apply(layers.multiply(), [x, apply(layers.reshape({ targetShape: [1, 1, channels] }), gates)]);
}

function branches(x: SymbolicTensor, random: Random): SymbolicTensor {
  const [strides, poolSize] = [strideFor(x, random), 2 + random.int(2)];
  const a = apply(layers.maxPooling2d({ poolSize, strides, padding: 'same' }), x);
  const b = apply(layers.averagePooling2d({ poolSize, strides, padding: 'same' }), x);
  const c = apply(layers.leakyReLU({ alpha: 0.1 }), apply(layers.maximum(), [a, b]));
  return apply(layers.concatenate(), [apply(layers.average(), [a, b]), c]);
}

function margins(x: SymbolicTensor): SymbolicTensor {
  const padded = apply(
    layers.zeroPadding2d({
      padding: [
        [1, 2],
        [0, 1],
      ],
    }),
    x,
  );
  return apply(
    layers.cropping2D({
      cropping: [
        [0, 1],
        [1, 0],
      ],
    }),
    padded,
  );
}

function normalisation(x: SymbolicTensor): SymbolicTensor {
  return apply(layers.prelu({ sharedAxes: [1, 2] }), apply(layers.batchNormalization(), x));
}
