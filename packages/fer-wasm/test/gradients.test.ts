import * as tf from '@tensorflow/tfjs-core';
import { Random } from 'fer-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchNormTraining, conv2d, dense, dropout, softmaxCrossEntropy, squaredHinge, useWasm } from '../src/index.js';
import * as float64 from './float64.js';
import { read, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

type Shape = readonly number[];

/** An op of inputs, the same in double precision, and the inputs' shapes. */
interface Case {
  readonly shapes: readonly Shape[];
  readonly op: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly reference: (...inputs: float64.Numbers[]) => float64.Result;
}

/** Half the distance of central differences: their error is of the order of its square. */
const STEP = 1e-5;
/** No input is nearer to a kink than this: a hundred steps, of inputs and weights that are seldom above 3. */
const CLEARANCE = 1e-3;
/** Differences are taken at so many elements of an input at most. */
const MOST_ELEMENTS = 50;

/** Inputs away from the op's kinks. They are float32 numbers, so that both precisions start from the same. */
function draw({ shapes, reference }: Case): float64.Numbers[] {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const inputs = shapes.map((shape, i) => ({
      data: Float64Array.from(values(tf.util.sizeFromShape([...shape]), `${attempt}/${i}`)),
      shape,
    }));
    if (reference(...inputs).clearance > CLEARANCE) return inputs;
  }
  throw new Error('no inputs away from the kinks');
}

/**
 * The relative error of each input's gradient on the wasm backend, of Σ weights · op(inputs) with random weights,
 * against central differences of the reference.
 */
function gradientErrors(theCase: Case): number[] {
  const { op, reference } = theCase;
  const inputs = draw(theCase);
  const weights = values(reference(...inputs).data.length, 'weights');
  const functional = () => reference(...inputs).data.reduce((sum, y, i) => sum + weights[i] * y, 0);
  const gradients = read(() => {
    const f = (...x: tf.Tensor[]) => tf.sum(tf.mul(tf.reshape(op(...x), [-1]), tf.tensor1d(weights)));
    return tf.grads(f)(inputs.map(({ data, shape }) => tf.tensor(Float32Array.from(data), [...shape])));
  });
  return inputs.map(({ data }, input) => {
    const squares = { error: 0, expected: 0 };
    const elements = new Random(input).permutation(data.length).subarray(0, MOST_ELEMENTS);
    for (const i of elements) {
      const value = data[i];
      const [above, below] = [STEP, -STEP].map((step) => {
        data[i] = value + step;
        return functional();
      });
      data[i] = value;
      const expected = (above - below) / (2 * STEP);
      squares.error += (gradients[input][i] - expected) ** 2;
      squares.expected += expected ** 2;
    }
    return Math.sqrt(squares.error / squares.expected);
  });
}

const convolution = (shapes: readonly Shape[], options: float64.ConvolutionOptions): Case => ({
  shapes,
  op: (x, kernel, bias) =>
    conv2d(
      x as tf.Tensor4D,
      { kernel: kernel as tf.Tensor4D, bias: bias as tf.Tensor1D },
      { strides: [...options.strides], pad: options.pad, activation: options.relu ? 'relu' : 'linear' },
    ),
  reference: (x, w, bias) => float64.conv2d(x, w, bias, options),
});

const layer = (relu: boolean): Case => ({
  shapes: [[5, 12], [12, 9], [9]],
  op: (x, kernel, bias) =>
    dense(x as tf.Tensor2D, { kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D }, relu ? 'relu' : 'linear'),
  reference: (x, w, bias) => float64.dense(x, w, bias, relu),
});

const normalisation = (shape: Shape): Case => ({
  shapes: [shape, [shape[shape.length - 1]], [shape[shape.length - 1]]],
  op: (x, scale, offset) =>
    batchNormTraining(x, { scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D }, 1e-3).y,
  reference: (x, scale, offset) => float64.batchNormTraining(x, scale, offset, 1e-3),
});

/** Which elements are kept is the op's own choice, and told by what it makes of ones. */
function dropping(rate: number, seed: number): Case {
  let kept: boolean[] | undefined;
  const drop = (x: tf.Tensor) => dropout(x, rate, seed);
  return {
    shapes: [[11, 13]],
    op: drop,
    reference: (x) => {
      kept ??= [...read(() => drop(tf.ones([11, 13])))[0]].map((v) => v !== 0);
      return float64.dropout(x, kept, rate);
    },
  };
}

const pooling = (shape: Shape, window: number, stride: number, pad: 'valid' | 'same'): Case => ({
  shapes: [shape],
  op: (x) => tf.maxPool(x as tf.Tensor4D, window, stride, pad),
  reference: (x) => float64.maxPool(x, window, stride, pad),
});

/** Targets are soft, and no input: no gradient is taken of them. */
function loss(
  op: (scores: tf.Tensor2D, targets: tf.Tensor2D) => tf.Scalar,
  reference: (scores: float64.Numbers, targets: float64.Numbers) => float64.Result,
): Case {
  const random = new Random('targets');
  const targets = Array.from({ length: 6 }, () => {
    const row = Array.from({ length: 7 }, () => random.uniform());
    const sum = row.reduce((a, b) => a + b);
    return row.map((v) => Math.fround(v / sum));
  });
  return {
    shapes: [[6, 7]],
    op: (scores) => op(scores as tf.Tensor2D, tf.tensor2d(targets)),
    reference: (scores) => reference(scores, { data: Float64Array.from(targets.flat()), shape: [6, 7] }),
  };
}

describe('gradients on the wasm backend, against central differences in double precision', () => {
  it.each<[string, Case]>([
    [
      'conv2d with bias, valid',
      convolution([[2, 6, 5, 3], [3, 3, 3, 5], [5]], { strides: [1, 1], pad: 'valid', relu: false }),
    ],
    [
      'conv2d with bias and ReLU, same',
      convolution([[2, 5, 6, 3], [3, 3, 3, 4], [4]], { strides: [1, 1], pad: 'same', relu: true }),
    ],
    [
      'conv2d with strides, even window, same',
      convolution([[2, 7, 6, 2], [2, 4, 2, 9], [9]], { strides: [2, 3], pad: 'same', relu: true }),
    ],
    [
      'conv2d with strides, valid, of one channel',
      convolution([[1, 8, 9, 1], [3, 2, 1, 8], [8]], { strides: [2, 2], pad: 'valid', relu: true }),
    ],
    [
      'conv2d by Winograd, valid',
      convolution([[3, 10, 10, 16], [3, 3, 16, 16], [16]], { strides: [1, 1], pad: 'valid', relu: false }),
    ],
    [
      'conv2d by Winograd, same',
      convolution([[3, 7, 8, 16], [3, 3, 16, 16], [16]], { strides: [1, 1], pad: 'same', relu: false }),
    ],
    ['dense', layer(false)],
    ['dense with ReLU', layer(true)],
    ['batchNormTraining of images', normalisation([2, 5, 3, 6])],
    ['batchNormTraining of rows', normalisation([13, 7])],
    ['dropout', dropping(0.3, 12345)],
    ['max pooling, windows apart', pooling([2, 6, 7, 5], 2, 2, 'valid')],
    ['max pooling, windows that overlap, padded', pooling([1, 7, 6, 4], 3, 2, 'same')],
    ['softmaxCrossEntropy', loss(softmaxCrossEntropy, float64.softmaxCrossEntropy)],
    ['squaredHinge', loss(squaredHinge, float64.squaredHinge)],
  ])('%s', (name, theCase) => {
    for (const [input, error] of gradientErrors(theCase).entries()) {
      expect(error, `gradient of input ${input}`).toBeLessThan(name.includes('Winograd') ? 1e-5 : 1e-6);
    }
  });
});
