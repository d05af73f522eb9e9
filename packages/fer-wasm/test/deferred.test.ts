import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { batchNormTraining, rmspropStep, useWasm } from '../src/index.js';
import { KernelPool } from '../src/pool.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

const ROWS = 1200;

/** A step of a chain, of a tensor and what it began with. */
type Step = (x: tf.Tensor, first: tf.Tensor, channels: number) => tf.Tensor;

const vector = (channels: number, seed: string) => tf.tensor1d(values(channels, seed));
const STEPS: Readonly<Record<string, Step>> = {
  'add a vector': (x, _, channels) => tf.add(x, vector(channels, 'a')),
  'subtract a vector': (x, _, channels) => tf.sub(x, vector(channels, 's')),
  'subtract from a vector': (x, _, channels) => tf.sub(vector(channels, 'f'), x),
  'multiply by a vector': (x, _, channels) => tf.mul(tf.reshape(vector(channels, 'm'), [1, channels]), x),
  'multiply by a number': (x) => tf.mul(x, 0.7),
  'add a number': (x) => tf.add(-0.3, x),
  'divide by a number': (x) => tf.div(x, 1.7),
  'add the first': (x, first) => tf.add(x, first),
  'subtract from the first': (x, first) => tf.sub(first, x),
  'add other rows': (x) => tf.add(x, tf.reverse(x, 0)),
  'multiply by the first': (x, first) => tf.mul(x, first),
  relu: (x) => tf.relu(x),
  square: (x) => tf.square(x),
  'subtract the mean': (x) => tf.sub(x, tf.mean(x, 0, true)),
  normalise: (x, _, channels) => {
    const { mean, variance } = tf.moments(x, 0);
    return tf.batchNorm2d(
      x as tf.Tensor2D,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      vector(channels, 'offset'),
      vector(channels, 'scale'),
      1e-3,
    );
  },
  'add the mean of its square': (x) => tf.add(x, tf.mean(tf.square(tf.sub(x, tf.mean(x, 0))), 0)),
  'sum of columns': (x) => tf.add(tf.mul(x, 0.5), tf.div(tf.sum(x, 0), ROWS)),
  'another shape and back': (x, _, channels) => tf.reshape(tf.add(tf.reshape(x, [ROWS / 4, 4 * channels]), 1), x.shape),
};

describe('arithmetic whose computation waits', () => {
  it('gives what the cpu backend gives, and its gradients', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(7, 8, 13, 32),
        async (names, channels) => {
          const numbers = values(ROWS * channels, 'x');
          const op = () => {
            const f = (x: tf.Tensor) => names.reduce((y, name) => STEPS[name](y, x, channels), x);
            const x = tf.tensor2d(numbers, [ROWS, channels]);
            const weights = tf.tensor2d(values(ROWS * channels, 'weights'), [ROWS, channels]);
            return [f(x), tf.grad((a) => tf.sum(tf.mul(f(a), weights)))(x)];
          };
          const expected = await onCpu(op);
          const before = [tf.memory().numTensors, tf.memory().numDataBuffers, tf.engine().backend.numDataIds()];
          const actual = read(op);
          actual.forEach((y, i) => {
            // Chains may cancel: what is left is rounding, of numbers about as large as x.
            const scale = Math.max(4, ...expected[i].map(Math.abs)) / Math.max(1e-3, ...expected[i].map(Math.abs));
            expect(relativeError(y, expected[i]) / scale, `${names}: ${i === 0 ? 'forward' : 'gradient'}`).toBeLessThan(
              1e-4,
            );
          });
          expect([tf.memory().numTensors, tf.memory().numDataBuffers, tf.engine().backend.numDataIds()]).toEqual(
            before,
          );
        },
      ),
      { numRuns: 60, seed: 20 },
    );
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor, number]>([
    ['factors whose product overflows', (x) => tf.mul(tf.mul(x, 1e30), 1e30), 0],
    ['a constant that rounds x away', (x) => tf.sub(tf.add(x, 1e8), 1e8), 1.5],
    ['the same from a vector', (x) => tf.add(tf.sub(tf.fill([16], 1e9), x), tf.fill([16], -1e9)), 1.5],
    ['constants of two tensors', (x) => tf.sub(tf.add(x, 1e8), tf.add(tf.neg(x), 1e8)), 1.5],
    ['an infinite factor', (x) => tf.mul(tf.add(x, 1), Number.POSITIVE_INFINITY), 1.5],
    [
      'a normalisation without variance',
      (x) => tf.batchNorm(tf.reshape(x, [1, 1, ROWS, 16]), tf.ones([16]), tf.zeros([16]), undefined, undefined, 0),
      1.5,
    ],
  ])('rounds as its steps do: %s', async (_, f, value) => {
    const op = () => f(tf.fill([ROWS, 16], value));
    expect(new Set(read(op)[0])).toEqual(new Set((await onCpu(op))[0]));
  });

  const large = () => tf.tensor2d(values(ROWS * 16, 'large'), [ROWS, 16]);

  it('computes the normalisations of two branches, their sum and its ReLU in one pass', () => {
    const run = vi.spyOn(KernelPool.prototype, 'run');
    tf.tidy(() => {
      const [x, z] = ['x', 'z'].map((seed) => tf.tensor(values(ROWS * 16, seed), [ROWS, 16]));
      const parameters = { scale: tf.ones<tf.Rank.R1>([16]), offset: tf.zeros<tf.Rank.R1>([16]) };
      const [a, b] = [x, z].map((branch) => batchNormTraining(branch, parameters).y);
      tf.relu(tf.add(a, b)).dataSync();
    });
    expect(run.mock.calls.filter(([kernel]) => kernel === 'affine')).toHaveLength(1);
    run.mockRestore();
  });

  it.each([8, 12, 16])('is pooled without being computed, with the same bits: %i channels', async (channels) => {
    const shape: [number, number, number, number] = [4, 18, 17, channels];
    // Of the scales some are negative and some zero.
    const scale = Float32Array.from({ length: channels }, (_, c) => Math.round(c % 5) - 2);
    const pooled = (waits: boolean) => {
      const input = tf.tensor4d(values(tf.util.sizeFromShape(shape), 'x'), shape);
      const f = (x: tf.Tensor) => {
        const y = tf.add(tf.mul(x, tf.tensor1d(scale)), tf.tensor1d(values(channels, 'shift')));
        if (!waits) y.dataSync();
        return tf.maxPool(y as tf.Tensor4D, 3, 2, 'same');
      };
      const weights = tf.tensor(
        values(
          tf.tidy(() => f(input).size),
          'w',
        ),
      );
      return [f(input), tf.grad((x) => tf.sum(tf.mul(tf.reshape(f(x), [-1]), weights)))(input)];
    };
    const expected = await onCpu(() => pooled(false));
    const computed = read(() => pooled(false));
    const run = vi.spyOn(KernelPool.prototype, 'run');
    const waiting = read(() => pooled(true));
    const passes = run.mock.calls.filter(([kernel]) => kernel === 'affine').length;
    run.mockRestore();
    expect(waiting).toEqual(computed);
    waiting.forEach((numbers, i) => {
      expect(relativeError(numbers, expected[i])).toBeLessThan(1e-5);
    });
    // One is that of the gradient.
    expect(passes).toBe(channels % 8 === 0 ? 1 : 4);
  });

  it('outlives what it is made of', () => {
    const x = large();
    const first = x.arraySync()[0][0];
    const waiting = tf.add(x, 1);
    x.dispose();
    // Memory that was freed too early would be handed out again.
    const others = Array.from({ length: 4 }, () => tf.ones([ROWS, 16]));
    expect((waiting.dataSync() as Float32Array)[0]).toBeCloseTo(first + 1, 6);
    tf.dispose([waiting, ...others]);
  });

  it('frees everything where it is never computed', () => {
    const count = () => [tf.memory().numTensors, tf.memory().numDataBuffers, tf.engine().backend.numDataIds()];
    const before = count();
    const x = large();
    const waiting = tf.tidy(() => tf.mul(tf.add(x, 1), 2));
    const clone = waiting.clone();
    x.dispose();
    waiting.dispose();
    clone.dispose();
    expect(count()).toEqual(before);
  });

  it('keeps the value that a variable had before it was updated in place', () => {
    const w = tf.tidy(() => tf.variable(large()));
    const before = w.dataSync() as Float32Array;
    const waiting = tf.add(w, 1);
    const [gradient, squares] = tf.tidy(() => [tf.keep(tf.ones([ROWS, 16])), tf.variable(tf.zeros([ROWS, 16]))]);
    rmspropStep(w, gradient, squares as tf.Variable, { learningRate: 0.5, decay: 0.9, epsilon: 1e-7 });
    const after = waiting.dataSync() as Float32Array;
    expect(after[5]).toBeCloseTo(before[5] + 1, 6);
    expect((w.dataSync() as Float32Array)[5]).not.toBeCloseTo(before[5], 2);
    tf.dispose([w, waiting, gradient, squares]);
  });

  it('moves to another backend', async () => {
    const x = large();
    const waiting = tf.add(x, 1);
    const [first] = x.dataSync() as Float32Array;
    await tf.setBackend('cpu');
    // Taking x away from the wasm backend must not take it from what waits there.
    tf.tidy(() => tf.add(x, 1).dataSync());
    x.dispose();
    expect((waiting.dataSync() as Float32Array)[0]).toBeCloseTo(first + 1, 6);
    await tf.setBackend('wasm');
    waiting.dispose();
  });

  it('gives NaN and infinity where tfjs does', () => {
    const numbers = values(ROWS * 8, 'x');
    numbers[3] = Number.NaN;
    numbers[12] = Number.POSITIVE_INFINITY;
    const [y] = read(() => tf.relu(tf.sub(tf.mul(tf.tensor2d(numbers, [ROWS, 8]), 0), 1)));
    expect([y[3], y[12], y[0]]).toEqual([Number.NaN, Number.NaN, 0]);
  });
});

describe('arithmetic that broadcasts', () => {
  it.each([
    [
      [40, 30, 8],
      [40, 1, 8],
    ],
    [
      [40, 30, 8],
      [1, 30, 1],
    ],
    [
      [300, 40],
      [300, 1],
    ],
    [
      [1, 40],
      [300, 1],
    ],
    [[5], [4, 5]],
    [[], [3]],
    [
      [2, 3, 4, 5],
      [3, 1, 5],
    ],
    [
      [2, 1, 2, 1, 2, 1],
      [1, 3, 1, 3, 1, 3],
    ],
  ] as const)('of %j and %j agrees with the cpu backend, and its gradients', async (...shapes) => {
    for (const f of [tf.add, tf.sub, tf.mul, tf.div, tf.squaredDifference, tf.maximum]) {
      const op = () => {
        const inputs = shapes.map((shape, i) =>
          tf.tensor(values(tf.util.sizeFromShape([...shape]), `${i}`), [...shape]),
        );
        // Upstream's gradients of these don't broadcast.
        if (f === tf.squaredDifference || f === tf.maximum) return f(inputs[0], inputs[1]);
        return [f(inputs[0], inputs[1]), ...tf.grads((a, b) => tf.sum(tf.square(f(a, b))))(inputs)];
      };
      const expected = await onCpu(op);
      read(op).forEach((actual, i) => {
        expect(relativeError(actual, expected[i]), `${f.name} ${i}`).toBeLessThan(1e-5);
      });
    }
  });

  it('reduces any axes that lie together, and spreads their gradient', async () => {
    for (const axes of [[0], [1], [2], [3], [0, 1], [1, 2], [2, 3], [0, 1, 2], [1, 2, 3], [0, 2], undefined]) {
      for (const f of [tf.sum, tf.mean]) {
        const op = () => {
          const x = tf.tensor(values(6 * 30 * 20 * 9, 'x'), [6, 30, 20, 9]);
          return [f(x, axes), f(x, axes, true), tf.grad((a) => tf.sum(tf.square(f(a, axes))))(x)];
        };
        const expected = await onCpu(op);
        read(op).forEach((actual, i) => {
          expect(relativeError(actual, expected[i]), `${f.name} ${axes} ${i}`).toBeLessThan(1e-5);
        });
      }
    }
  });
});
