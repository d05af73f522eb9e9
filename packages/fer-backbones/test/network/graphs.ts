import { input, type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';

type Tensors = SymbolicTensor | SymbolicTensor[];

/** What a layer makes of symbolic tensors. */
export const apply = (layer: layers.Layer, x: Tensors) => layer.apply(x) as SymbolicTensor;

/** The images that the networks of {@link graphs} take. */
export const GRAPH_INPUT = { height: 12, width: 12, channels: 1, values: 'scale' } as const;

function graph(build: (x: SymbolicTensor) => SymbolicTensor, shape: (number | null)[] = [12, 12, 1]): LayersModel {
  const x = input({ shape, name: 'images' });
  return model({ inputs: x, outputs: build(x) });
}

const conv = (filters: number, options: object = {}) =>
  layers.conv2d({ filters, kernelSize: 3, padding: 'same', ...options });

/** Two convolutions with batch normalisation, added to a 1×1 convolution of their input. */
function block(x: SymbolicTensor, filters: number, strides: number): SymbolicTensor {
  const first = apply(layers.batchNormalization(), apply(conv(filters, { strides, useBias: false }), x));
  const active = apply(layers.activation({ activation: 'relu' }), first);
  const second = apply(layers.batchNormalization(), apply(conv(filters, { useBias: false }), active));
  const shortcut = apply(layers.conv2d({ filters, kernelSize: 1, strides, useBias: false }), x);
  return apply(layers.activation({ activation: 'relu' }), apply(layers.add(), [second, shortcut]));
}

/** A model of images of `channels`, to be put inside another. */
function inner(channels: number, size: number): LayersModel {
  const x = input({ shape: [size, size, channels] });
  const wide = apply(conv(4, { activation: 'relu' }), x);
  const both = apply(layers.concatenate(), [wide, apply(layers.batchNormalization(), x)]);
  return model({ inputs: x, outputs: apply(conv(5), both), name: 'inner' });
}

/** Graphs of every form, on 12×12 grey images. */
export const graphs: Readonly<Record<string, () => LayersModel>> = {
  residual: () => graph((x) => apply(layers.globalAveragePooling2d({}), block(block(apply(conv(4), x), 4, 1), 8, 2))),

  'squeeze and excitation': () =>
    graph((x) => {
      const maps = apply(conv(6, { activation: 'relu' }), x);
      const mean = apply(layers.globalAveragePooling2d({}), maps);
      const gates = apply(layers.dense({ units: 6, activation: 'sigmoid' }), mean);
      const scaled = apply(layers.multiply(), [maps, apply(layers.reshape({ targetShape: [1, 1, 6] }), gates)]);
      return apply(layers.flatten(), apply(layers.averagePooling2d({ poolSize: 3, padding: 'same' }), scaled));
    }),

  'branches of several kinds': () =>
    graph((x) => {
      const a = apply(conv(3, { activation: 'elu', strides: 2 }), x);
      const b = apply(layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), apply(conv(3), x));
      const c = apply(layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }), apply(conv(3), x));
      const all = [apply(layers.maximum(), [a, b]), apply(layers.average(), [b, c]), apply(layers.leakyReLU(), c)];
      const joined = apply(layers.prelu({ sharedAxes: [1, 2] }), apply(layers.concatenate(), all));
      return apply(layers.globalMaxPooling2d({}), joined);
    }),

  'a shared convolution and normalisation': () =>
    graph((x) => {
      const [shared, norm] = [conv(4, { name: 'shared' }), layers.batchNormalization({ name: 'norm' })];
      const wide = apply(conv(4), x);
      const once = apply(norm, apply(shared, wide));
      const twice = apply(norm, apply(shared, once));
      return apply(layers.flatten(), apply(layers.add(), [once, twice]));
    }),

  'a model inside, called twice': () =>
    graph((x) => {
      const inside = inner(5, 12);
      const once = apply(inside, apply(conv(5), x));
      return apply(layers.globalAveragePooling2d({}), apply(layers.add(), [once, apply(inside, once)]));
    }),

  'a Sequential inside a Sequential inside a graph': () =>
    graph((x) => {
      const deepest = sequential({ layers: [conv(3, { inputShape: [12, 12, 4] }), layers.batchNormalization()] });
      const middle = sequential({ layers: [conv(4, { inputShape: [12, 12, 1] }), deepest, layers.flatten()] });
      return apply(layers.dense({ units: 6 }), apply(middle, x));
    }),

  'a Sequential that holds a graph': () =>
    sequential({ layers: [inner(1, 12), layers.globalAveragePooling2d({}), layers.dense({ units: 4 })] }),

  'images of any size': () => graph((x) => apply(layers.globalAveragePooling2d({}), block(x, 4, 2)), [null, null, 1]),
};

/** Depthwise convolutions, for which not every backend has gradients. */
export const depthwiseGraphs: Readonly<Record<string, () => LayersModel>> = {
  separable: () =>
    graph((x) => {
      const wide = apply(conv(4), x);
      const options = { kernelSize: 3, padding: 'same', depthMultiplier: 2 } as const;
      const one = apply(layers.separableConv2d({ ...options, filters: 5, strides: 2, activation: 'tanh' }), wide);
      const two = apply(layers.depthwiseConv2d({ ...options, strides: 2, activation: 'sigmoid' }), wide);
      return apply(layers.flatten(), apply(layers.concatenate(), [one, two]));
    }),
};
