import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adamStep,
  averageStep,
  batchNormInference,
  batchNormTraining,
  conv2d,
  dense,
  dropout,
  momentumStep,
  rmspropStep,
  softmaxCrossEntropy,
  squaredHinge,
  useWasm,
  windowMeans,
} from '../src/index.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

/** An op and its gradients, weighted so that no gradient is trivial. */
function withGradients(op: (...args: tf.Tensor[]) => tf.Tensor, inputs: () => tf.Tensor[]) {
  return () => {
    const args = inputs();
    const weights = tf.tensor(values(tf.tidy(() => op(...args)).size, 'weights'));
    const f = (...x: tf.Tensor[]) => tf.sum(tf.mul(tf.reshape(op(...x), [-1]), weights));
    return [op(...args), ...tf.grads(f)(args)];
  };
}

async function agrees(op: () => tf.Tensor[], tolerance = 1e-5): Promise<void> {
  const expected = await onCpu(op);
  const actual = read(op);
  expect(actual).toHaveLength(expected.length);
  actual.forEach((numbers, i) => {
    expect(relativeError(numbers, expected[i]), `output ${i}`).toBeLessThan(tolerance);
  });
}

describe('fused ops', () => {
  it.each(['linear', 'relu'] as const)(
    'conv2d with %s agrees with its three ops on the cpu backend',
    async (activation) => {
      const inputs = () => [
        tf.tensor(values(2 * 9 * 9 * 5, 'x', true), [2, 9, 9, 5]),
        tf.tensor(values(9 * 5 * 10, 'w'), [3, 3, 5, 10]),
        tf.tensor(values(10, 'b')),
      ];
      const op = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) =>
        conv2d(
          x as tf.Tensor4D,
          { kernel: kernel as tf.Tensor4D, bias: bias as tf.Tensor1D },
          { activation, pad: 'same' },
        );
      await agrees(withGradients(op as (...args: tf.Tensor[]) => tf.Tensor, inputs));
    },
  );

  it('conv2d gives a zero gradient of an input that nobody trains', () => {
    const x = tf.tensor4d(values(50, 'x'), [1, 5, 5, 2]);
    const kernel = tf.tensor4d(values(36, 'w'), [3, 3, 2, 2]);
    const [gradient] = read(() =>
      tf.grad((a) => tf.sum(conv2d(a as tf.Tensor4D, { kernel }, { inputGradient: false })))(x),
    );
    expect(gradient).toEqual(new Float32Array(50));
  });

  it.each(['linear', 'relu'] as const)('dense with %s agrees with its ops on the cpu backend', async (activation) => {
    const inputs = () => [
      tf.tensor(values(7 * 12, 'x'), [7, 12]),
      tf.tensor(values(12 * 9, 'w'), [12, 9]),
      tf.tensor(values(9, 'b')),
    ];
    const op = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) =>
      dense(x as tf.Tensor2D, { kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D }, activation);
    await agrees(withGradients(op as (...args: tf.Tensor[]) => tf.Tensor, inputs));
  });

  it.each([1, 3, 8, 13, 32])(
    'batchNormTraining agrees with its formula on the cpu backend, %i channels',
    async (channels) => {
      const inputs = () => [
        tf.add(tf.mul(tf.tensor(values(3 * 11 * 7 * channels, 'x', true), [3, 11, 7, channels]), 2), 5),
        tf.tensor(values(channels, 'scale')),
        tf.tensor(values(channels, 'offset')),
      ];
      const op = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
        batchNormTraining(x, { scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D }).y;
      await agrees(withGradients(op as (...args: tf.Tensor[]) => tf.Tensor, inputs), 2e-5);
    },
  );

  it('batchNormTraining finds the moments of numbers far from zero', () => {
    const x = values(4000, 'x').map((v) => 1000 + 0.01 * v);
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    tf.tidy(() => {
      const { moments } = batchNormTraining(tf.tensor2d(x, [4000, 1]), { scale: tf.ones([1]), offset: tf.zeros([1]) });
      expect(moments.mean.dataSync()[0]).toBeCloseTo(mean, 4);
      expect(moments.variance.dataSync()[0] / variance).toBeCloseTo(1, 3);
    });
  });

  it('batchNormInference agrees with tf.batchNorm on the cpu backend', async () => {
    const tensors = () => ['scale', 'offset', 'mean', 'variance'].map((name) => tf.abs(tf.tensor1d(values(6, name))));
    const x = () => tf.tensor4d(values(120, 'x'), [2, 2, 5, 6]);
    const [expected] = await onCpu(() => {
      const [scale, offset, mean, variance] = tensors();
      return tf.batchNorm(
        x(),
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        1e-3,
      );
    });
    const [actual] = read(() => {
      const [scale, offset, mean, variance] = tensors() as tf.Tensor1D[];
      return batchNormInference(x(), { scale, offset }, { mean, variance });
    });
    expect(relativeError(actual, expected)).toBeLessThan(1e-5);
  });

  it('dropout keeps the same elements on every backend, the right share of them, and scales its gradient alike', async () => {
    const op = withGradients(
      (x) => dropout(x, 0.3, 12345),
      () => [tf.add(tf.abs(tf.tensor(values(10003, 'x'))), 1)],
    );
    await agrees(op, 1e-6);
    const [y, gradient] = read(op);
    const kept = y.filter((v) => v !== 0).length / y.length;
    expect(Math.abs(kept - 0.7)).toBeLessThan(3 * Math.sqrt((0.3 * 0.7) / y.length));
    expect(gradient.map(Math.sign).map(Math.abs)).toEqual(y.map(Math.sign));
    const [other] = read(() => dropout(tf.ones([10003]), 0.3, 54321));
    const both = other.filter((v, i) => v !== 0 && y[i] !== 0).length / y.length;
    expect(Math.abs(both - 0.49)).toBeLessThan(0.03);
  });

  it('refuses a dropout rate of 1', () => {
    expect(() => dropout(tf.ones([2]), 1, 0)).toThrow('rate is 1');
  });

  it.each([
    ['softmaxCrossEntropy', softmaxCrossEntropy],
    ['squaredHinge', squaredHinge],
  ])('%s agrees with its ops on the cpu backend, of any size and spread', async (_, loss) => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 40 }),
      classes: fc.integer({ min: 1, max: 30 }),
      spread: fc.constantFrom(1e-3, 1, 30, 1e4),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ rows, classes, spread }) => {
        const op = () => {
          const scores = tf.mul(tf.tensor2d(values(rows * classes, 'scores'), [rows, classes]), spread) as tf.Tensor2D;
          const targets = tf.softmax(tf.tensor2d(values(rows * classes, 'targets'), [rows, classes]));
          // Twice the loss, so that the gradient that arrives from above is not 1.
          const f = (s: tf.Tensor) => tf.mul(loss(s as tf.Tensor2D, targets), 2);
          return [loss(scores, targets), tf.grad(f)(scores)];
        };
        await agrees(op);
      }),
      { numRuns: 50 },
    );
  });

  it('softmaxCrossEntropy of scores far apart is their distance, to the last digit', () => {
    const scores = () => tf.tensor2d([1e4, -1e4, 0, 80], [2, 2]);
    const [loss, gradient] = read(() => {
      const targets = tf.tensor2d([0, 1, 1, 0], [2, 2]);
      const f = (s: tf.Tensor) => softmaxCrossEntropy(s as tf.Tensor2D, targets);
      return [f(scores()), tf.grad(f)(scores())];
    });
    expect(loss[0]).toBe(Math.fround((2e4 + 80) / 2));
    expect([...gradient]).toEqual([0.5, -0.5, -0.5, 0.5]);
  });

  it.each([
    ['softmaxCrossEntropy', softmaxCrossEntropy],
    ['squaredHinge', squaredHinge],
  ])('%s lets NaN through, to the gradient of its row alone', (_, loss) => {
    const scores = tf.tensor2d([0.5, Number.NaN, -2, 0.25, 1, -1], [2, 3]);
    const targets = tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]);
    const f = (s: tf.Tensor) => loss(s as tf.Tensor2D, targets);
    const [value, gradient] = read(() => [f(scores), tf.grad(f)(scores)]);
    expect(value[0]).toBeNaN();
    expect(gradient[1]).toBeNaN();
    expect([...gradient.subarray(3)].every(Number.isFinite)).toBe(true);
  });

  it.each([
    ['softmaxCrossEntropy', softmaxCrossEntropy],
    ['squaredHinge', squaredHinge],
  ])('%s refuses targets of another shape or type', (_, loss) => {
    expect(() => loss(tf.ones([2, 3]), tf.ones([3, 2]))).toThrow('[2,3] and targets float32 [3,2]');
    expect(() => loss(tf.ones([2, 3]), tf.ones([2, 3], 'int32'))).toThrow('targets int32');
  });

  it.each<[string, () => tf.Optimizer, (w: tf.Variable, g: tf.Tensor, slots: tf.Variable[], step: number) => void]>([
    [
      'rmspropStep',
      () => tf.train.rmsprop(0.01, 0.9, 0, 1e-7),
      (w, g, [s]) => rmspropStep(w, g, s, { learningRate: 0.01, decay: 0.9, epsilon: 1e-7 }),
    ],
    [
      'momentumStep',
      () => tf.train.momentum(0.01, 0.9),
      (w, g, [v]) => momentumStep(w, g, v, { learningRate: 0.01, momentum: 0.9 }),
    ],
    [
      'momentumStep with Nesterov',
      () => tf.train.momentum(0.01, 0.9, true),
      (w, g, [v]) => momentumStep(w, g, v, { learningRate: 0.01, momentum: 0.9, nesterov: true }),
    ],
    [
      'adamStep',
      () => tf.train.adam(0.01, 0.9, 0.999, 1e-7),
      (w, g, [first, second], step) => adamStep(w, g, { first, second }, { learningRate: 0.01, step }),
    ],
  ])('%s follows its tf.train optimiser on the cpu backend', async (_, optimizer, step) => {
    const gradients = ['g1', 'g2', 'g3', 'g4'].map((seed) => values(1027, seed));
    const [expected] = await onCpu(() => {
      const w = tf.variable(tf.tensor1d(values(1027, 'w')));
      const peer = optimizer();
      for (const g of gradients) peer.applyGradients({ [w.name]: tf.tensor1d(g) });
      return w;
    });
    const w = tf.variable(tf.tensor1d(values(1027, 'w')));
    const slots = [0, 1].map(() => tf.variable(tf.zeros([1027])));
    gradients.forEach((g, i) => {
      step(w, tf.tensor1d(g), slots, i + 1);
    });
    expect(relativeError(Float32Array.from(w.dataSync()), expected)).toBeLessThan(1e-5);
  });

  it.each<[string, (w: tf.Variable, g: tf.Tensor, slots: tf.Variable[]) => void]>([
    ['momentumStep', (w, g, [v]) => momentumStep(w, g, v, { learningRate: 0.1, momentum: 0.9, weightDecay: 0.3 })],
    [
      'adamStep',
      (w, g, [first, second]) => adamStep(w, g, { first, second }, { learningRate: 0.1, step: 1, weightDecay: 0.3 }),
    ],
  ])('%s with weight decay does on WASM what its formula does on the cpu backend', async (_, step) => {
    const op = () => {
      const w = tf.variable(tf.tensor1d(values(103, 'w')));
      const slots = [0, 1].map(() => tf.variable(tf.zeros([103])));
      for (const seed of ['g1', 'g2']) step(w, tf.tensor1d(values(103, seed)), slots);
      return [w, ...slots];
    };
    const expected = await onCpu(op);
    read(op).forEach((actual, i) => {
      expect(relativeError(actual, expected[i])).toBeLessThan(1e-5);
    });
  });

  it.each([6, 1027])('averageStep keeps an exponential moving average of %i numbers', (size) => {
    const [start, first, second] = ['a', 'v1', 'v2'].map((seed) => values(size, seed));
    const average = tf.tidy(() => tf.variable(tf.tensor1d(start)));
    const [clone, original] = [tf.clone(average), Float32Array.from(start)];
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      for (const value of [first, second]) averageStep(average, tf.tensor1d(value), 0.9);
    });
    const expected = Float32Array.from(start, (a, i) => 0.9 * (0.9 * a + 0.1 * first[i]) + 0.1 * second[i]);
    expect(relativeError(average.dataSync() as Float32Array, expected)).toBeLessThan(1e-6);
    expect(clone.dataSync()).toEqual(original);
    tf.tidy(() => {
      const longer = tf.zeros([size + 1]);
      expect(() => averageStep(average, longer, 0.9)).toThrow('averageStep: an operand has the shape');
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([average, clone]);
  });

  // Upstream's kernel packs B once and keeps it by the tensor's id: it never sees an update in place.
  it.each([1, 2, 3])('a product of %i rows sees what a step has made of a weight', (rows) => {
    const w = tf.tidy(() => tf.variable(tf.mul(tf.ones([64, 32]), 1)) as tf.Variable<tf.Rank.R2>);
    const x = tf.ones([rows, 64]) as tf.Tensor2D;
    for (let step = 0; step < 3; step++) {
      const [fused, plain] = read(() => [dense(x, { kernel: w }), tf.matMul(x, w)]);
      const expected = 64 * w.dataSync()[0];
      expect(fused[0]).toBeCloseTo(expected, 3);
      expect(plain[0]).toBeCloseTo(expected, 3);
      rmspropStep(w, tf.ones([64, 32]), tf.variable(tf.zeros([64, 32])), {
        ...{ learningRate: 0.1, decay: 0.9, epsilon: 1e-7 },
      });
    }
  });

  // These stay with upstream, whose kernels pack a filter once and keep it by the tensor's id.
  it.each([
    [
      'depthwise convolution',
      (x: tf.Tensor4D, w: tf.Tensor4D) => tf.depthwiseConv2d(x, tf.reshape(w, [3, 3, 4, 1]), 1, 'valid'),
    ],
    [
      'convolution with ReLU6',
      (x: tf.Tensor4D, w: tf.Tensor4D) => {
        return tf.fused.conv2d({
          x,
          filter: tf.reshape(w, [3, 3, 4, 1]),
          strides: 1,
          pad: 'valid',
          activation: 'relu6',
        });
      },
    ],
  ])('a %s sees what a step has made of its filter', (_, op) => {
    const w = tf.tidy(() => tf.variable(tf.mul(tf.ones([3, 3, 4, 1]), 0.01)) as tf.Variable<tf.Rank.R4>);
    const x = tf.ones([1, 3, 3, 4]) as tf.Tensor4D;
    const sums = [0, 1, 2].map(() => {
      const [y] = read(() => tf.sum(op(x, w)));
      momentumStep(w, tf.ones([3, 3, 4, 1]), tf.variable(tf.zeros([3, 3, 4, 1])), { learningRate: -0.01, momentum: 0 });
      return y[0];
    });
    sums.forEach((sum, i) => {
      expect(sum).toBeCloseTo(36 * 0.01 * (i + 1), 5);
    });
  });

  it.each([
    [[2, 6, 7, 8], 3],
    [[3, 2, 3, 6], 5],
    [[1, 5, 4, 3], 1],
  ] as [[number, number, number, number], number][])(
    'windowMeans of %j, size %i, agrees with padding, cropping and averaging on the cpu backend',
    async (shape, size) => {
      const inputs = () => [tf.tensor(values(tf.util.sizeFromShape(shape), 'x', true), shape)];
      await agrees(withGradients((x) => windowMeans(x as tf.Tensor4D, size), inputs));
    },
  );

  it.each([
    [() => windowMeans(tf.zeros([1, 4, 4, 2]), 2), 'size is 2'],
    [() => windowMeans(tf.zeros([4, 4, 2]) as unknown as tf.Tensor4D, 3), 'rank 4'],
    [() => windowMeans(tf.zeros([1, 4, 4, 2], 'int32'), 3), 'int32'],
  ])('windowMeans refuses what it cannot do', (run, message) => {
    expect(() => tf.tidy(run)).toThrow(message);
  });

  it('rmspropStep leaves clones of a variable as they were', () => {
    const w = tf.variable(tf.ones([5]));
    const before = w.clone();
    rmspropStep(w, tf.ones([5]), tf.variable(tf.zeros([5])), { learningRate: 0.1, decay: 0.9, epsilon: 1e-7 });
    expect([...before.dataSync()]).toEqual([1, 1, 1, 1, 1]);
    expect(w.dataSync()[0]).toBeLessThan(1);
  });

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const op = withGradients(
      (x, scale, offset) =>
        squaredHinge(
          dropout(
            batchNormTraining(x, { scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D }).y,
            0.5,
            1,
          ) as tf.Tensor2D,
          tf.ones([20, 6]),
        ),
      () => [tf.tensor(values(120, 'x'), [20, 6]), tf.ones([6]), tf.zeros([6])],
    );
    read(op);
    expect(tf.memory().numTensors).toBe(before);
  });
});
