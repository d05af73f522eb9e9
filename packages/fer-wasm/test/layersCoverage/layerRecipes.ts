import { layers, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { values } from '../reference.js';

/** How a layer is tried. */
export interface LayerRecipe {
  /** The shape of a sample. */
  readonly shape: readonly number[];
  /** Applies the layer; y is a second tensor like x, for layers that merge. */
  readonly apply: (x: SymbolicTensor, y: SymbolicTensor) => SymbolicTensor;
  /** The input's numbers, if they are not normal ones. */
  readonly numbers?: (size: number) => Float32Array;
  /** Set if the input holds integers, which no layer with weights can give. */
  readonly integers?: true;
  /** Why results may differ from those on the cpu backend, if they may. */
  readonly incomparable?: string;
}

const applied = (layer: layers.Layer, x: SymbolicTensor | SymbolicTensor[]) => layer.apply(x) as SymbolicTensor;
const one = (shape: readonly number[], make: () => layers.Layer): LayerRecipe => ({
  shape,
  apply: (x) => applied(make(), x),
});
const merging = (make: () => layers.Layer): LayerRecipe => ({ shape: [4], apply: (x, y) => applied(make(), [x, y]) });

const VECTOR = [4];
const SEQUENCE = [6, 3];
const IMAGE = [6, 6, 2];
const VOLUME = [4, 4, 4, 2];
const IMAGES = [3, 5, 5, 2];

/** Integers from 0 to 4. */
const integers = (size: number) => Float32Array.from({ length: size }, (_, i) => (3 * i) % 5);
const UNSEEDED = 'its random numbers have no seed';

const averagePooling1d = one(SEQUENCE, () => layers.averagePooling1d({ poolSize: 2 }));
const averagePooling2d = one(IMAGE, () => layers.averagePooling2d({ poolSize: 2 }));
const averagePooling3d = one(VOLUME, () => layers.averagePooling3d({ poolSize: 2 }));
const maxPooling1d = one(SEQUENCE, () => layers.maxPooling1d({ poolSize: 2 }));
const maxPooling2d = one(IMAGE, () => layers.maxPooling2d({ poolSize: 2 }));
const globalMaxPooling1d = one(SEQUENCE, () => layers.globalMaxPooling1d());
const globalMaxPooling2d = one(IMAGE, () => layers.globalMaxPooling2d({}));

/** By the name of the function in `tf.layers`. */
export const LAYERS: Readonly<Record<string, LayerRecipe>> = {
  activation: one(VECTOR, () => layers.activation({ activation: 'tanh' })),
  add: merging(() => layers.add()),
  alphaDropout: { ...one(VECTOR, () => layers.alphaDropout({ rate: 0.3 })), incomparable: UNSEEDED },
  average: merging(() => layers.average()),
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  avgPool1d: averagePooling1d,
  avgPool2d: averagePooling2d,
  avgPool3d: averagePooling3d,
  avgPooling1d: averagePooling1d,
  avgPooling2d: averagePooling2d,
  avgPooling3d: averagePooling3d,
  batchNormalization: one(IMAGE, () => layers.batchNormalization()),
  bidirectional: one(SEQUENCE, () => layers.bidirectional({ layer: layers.gru({ units: 3 }), mergeMode: 'concat' })),
  categoryEncoding: {
    ...one(VECTOR, () => layers.categoryEncoding({ numTokens: 5, outputMode: 'multiHot' })),
    numbers: integers,
    integers: true,
  },
  centerCrop: one(IMAGE, () => layers.centerCrop({ height: 4, width: 4 })),
  concatenate: merging(() => layers.concatenate()),
  conv1d: one(SEQUENCE, () => layers.conv1d({ filters: 4, kernelSize: 3 })),
  conv2d: one(IMAGE, () => layers.conv2d({ filters: 4, kernelSize: 3 })),
  conv2dTranspose: one(IMAGE, () => layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2 })),
  conv3d: one(VOLUME, () => layers.conv3d({ filters: 3, kernelSize: 2 })),
  conv3dTranspose: one(VOLUME, () => layers.conv3dTranspose({ filters: 3, kernelSize: 2 })),
  convLstm2d: one(IMAGES, () => layers.convLstm2d({ filters: 2, kernelSize: 3 })),
  // rnn takes no cell of images: a single step, of an image and two states.
  convLstm2dCell: {
    shape: [5, 5, 2],
    apply: (x, y) => {
      const cell = layers.convLstm2dCell({ filters: 2, kernelSize: 3, padding: 'same' });
      cell.build([null, 5, 5, 2]);
      return (cell.apply([x, y, y]) as SymbolicTensor[])[0];
    },
  },
  cropping2D: one(IMAGE, () =>
    layers.cropping2D({
      cropping: [
        [1, 2],
        [2, 1],
      ],
    }),
  ),
  dense: one(VECTOR, () => layers.dense({ units: 3 })),
  depthwiseConv2d: one(IMAGE, () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 })),
  dot: merging(() => layers.dot({ axes: 1 })),
  dropout: one(VECTOR, () => layers.dropout({ rate: 0.3, seed: 1 })),
  elu: one(VECTOR, () => layers.elu()),
  embedding: {
    ...one(VECTOR, () => layers.embedding({ inputDim: 5, outputDim: 3 })),
    numbers: integers,
    integers: true,
  },
  flatten: one(IMAGE, () => layers.flatten()),
  gaussianDropout: { ...one(VECTOR, () => layers.gaussianDropout({ rate: 0.3 })), incomparable: UNSEEDED },
  gaussianNoise: { ...one(VECTOR, () => layers.gaussianNoise({ stddev: 0.3 })), incomparable: UNSEEDED },
  globalAveragePooling1d: one(SEQUENCE, () => layers.globalAveragePooling1d()),
  globalAveragePooling2d: one(IMAGE, () => layers.globalAveragePooling2d({})),
  globalMaxPool1d: globalMaxPooling1d,
  globalMaxPool2d: globalMaxPooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  gru: one(SEQUENCE, () => layers.gru({ units: 3 })),
  gruCell: one(SEQUENCE, () => layers.rnn({ cell: layers.gruCell({ units: 3 }) })),
  // Every one of these models begins with it.
  input: { shape: VECTOR, apply: (x) => x },
  inputLayer: {
    shape: VECTOR,
    apply: (x) =>
      sequential({ layers: [layers.inputLayer({ inputShape: VECTOR }), layers.dense({ units: 3 })] }).apply(
        x,
      ) as SymbolicTensor,
  },
  layerNormalization: one(VECTOR, () => layers.layerNormalization()),
  leakyReLU: one(VECTOR, () => layers.leakyReLU()),
  lstm: one(SEQUENCE, () => layers.lstm({ units: 3 })),
  lstmCell: one(SEQUENCE, () => layers.rnn({ cell: layers.lstmCell({ units: 3 }) })),
  masking: {
    shape: SEQUENCE,
    // The default initializer needs chained ops.
    apply: (x) =>
      applied(layers.simpleRNN({ units: 3, recurrentInitializer: 'glorotUniform' }), applied(layers.masking(), x)),
    // The last two steps of each sequence are padding.
    numbers: (size) => values(size, 'x').map((value, i) => (i % 18 < 12 ? value : 0)),
  },
  maxPool1d: maxPooling1d,
  maxPool2d: maxPooling2d,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d: one(VOLUME, () => layers.maxPooling3d({ poolSize: 2 })),
  maximum: merging(() => layers.maximum()),
  minimum: merging(() => layers.minimum()),
  multiply: merging(() => layers.multiply()),
  permute: one(SEQUENCE, () => layers.permute({ dims: [2, 1] })),
  prelu: one(VECTOR, () => layers.prelu()),
  randomWidth: one(IMAGE, () => layers.randomWidth({ factor: 0.5, seed: 1 })),
  reLU: one(VECTOR, () => layers.reLU()),
  repeatVector: one(VECTOR, () => layers.repeatVector({ n: 3 })),
  rescaling: one(VECTOR, () => layers.rescaling({ scale: 0.5, offset: 1 })),
  reshape: one(SEQUENCE, () => layers.reshape({ targetShape: [9, 2] })),
  resizing: one(IMAGE, () => layers.resizing({ height: 4, width: 4 })),
  rnn: one(SEQUENCE, () => layers.rnn({ cell: layers.simpleRNNCell({ units: 3 }), returnSequences: true })),
  separableConv2d: one(IMAGE, () => layers.separableConv2d({ filters: 4, kernelSize: 3 })),
  simpleRNN: one(SEQUENCE, () => layers.simpleRNN({ units: 3 })),
  simpleRNNCell: one(SEQUENCE, () => layers.rnn({ cell: layers.simpleRNNCell({ units: 3 }) })),
  softmax: one(VECTOR, () => layers.softmax()),
  spatialDropout1d: one(SEQUENCE, () => layers.spatialDropout1d({ rate: 0.3, seed: 1 })),
  stackedRNNCells: one(SEQUENCE, () =>
    layers.rnn({
      cell: layers.stackedRNNCells({ cells: [layers.gruCell({ units: 3 }), layers.lstmCell({ units: 2 })] }),
    }),
  ),
  thresholdedReLU: one(VECTOR, () => layers.thresholdedReLU({ theta: 0.5 })),
  timeDistributed: one(SEQUENCE, () => layers.timeDistributed({ layer: layers.dense({ units: 2 }) })),
  upSampling2d: {
    ...one(IMAGE, () => layers.upSampling2d({ size: [2, 2] })),
    incomparable: "the cpu backend's gradient is wrong (see test/resampling.test.ts)",
  },
  zeroPadding2d: one(IMAGE, () => layers.zeroPadding2d({ padding: [1, 2] })),
};
