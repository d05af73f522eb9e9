import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { currentWorkspace } from '../src/current.js';
import { batchNormInference, conv2d, dense, momentumStep, recordInference, useWasm } from '../src/index.js';
import { values } from './reference.js';

beforeAll(async () => {
  expect(() => recordInference(Float32Array.of(1), [1], [], (x) => x)).toThrow('await useWasm()');
  await useWasm({ threads: 2 });
});

const SHAPE = [2, 12, 12, 16] as const;
const SIZE = 2 * 12 * 12 * 16;

/** A network of convolutions, a normalisation, pooling and a dense layer, and its weights. */
function network() {
  const weight = (shape: number[], seed: string) =>
    tf.variable(
      tf.tensor(
        values(
          shape.reduce((a, b) => a * b),
          seed,
        ),
        shape,
      ),
    ) as tf.Tensor;
  const kernels = [weight([3, 3, 16, 16], 'k0'), weight([5, 5, 16, 16], 'k1')] as tf.Tensor4D[];
  const [bias, scale, offset, mean] = ['b', 's', 'o', 'm'].map((seed) => weight([16], seed) as tf.Tensor1D);
  const variance = tf.variable(tf.ones([16])) as tf.Tensor1D;
  const out = weight([576, 7], 'd') as tf.Tensor2D;
  const weights = [...kernels, bias, scale, offset, mean, variance, out];
  const pass = (x: tf.Tensor) => {
    const first = conv2d(x as tf.Tensor4D, { kernel: kernels[0], bias }, { pad: 'same' });
    const normal = tf.relu(batchNormInference(first, { scale, offset }, { mean, variance }));
    const second = conv2d(normal, { kernel: kernels[1], bias }, { pad: 'same', activation: 'relu' });
    const sum = tf.add(tf.mul(second, 2), normal) as tf.Tensor4D;
    return dense(tf.reshape(tf.maxPool(sum, 2, 2, 'valid'), [2, 576]), { kernel: out });
  };
  const ordinary = (numbers: Float32Array) =>
    tf.tidy(() =>
      pass(tf.tensor(numbers, [...SHAPE]))
        .dataSync<'float32'>()
        .slice(),
    );
  return { weights, kernels, variance, pass, ordinary };
}

describe('a recorded pass', () => {
  const inputs = ['a', 'b', 'c'].map((seed) => values(SIZE, seed));

  it.each([1, 2])('gives the same bits as tfjs on %i threads', async (threads) => {
    await useWasm({ threads });
    const { weights, pass, ordinary } = network();
    const expected = inputs.map(ordinary);
    const before = tf.memory().numTensors;
    const { output, recording } = recordInference(inputs[0], SHAPE, weights, pass);
    expect(output).toEqual(expected[0]);
    for (const i of [1, 2, 0, 1]) {
      // Other work in between uses the heap and the scratch memory.
      expect(ordinary(inputs[2])).toEqual(expected[2]);
      expect(recording!.run(inputs[i])).toEqual(expected[i]);
    }
    expect(tf.memory().numTensors).toBe(before);
    recording!.dispose();
    expect(recording!.run(inputs[0])).toBeUndefined();
    tf.dispose(weights);
    await useWasm({ threads: 2 });
  });

  it('ends where a weight is assigned, updated in place or freed', () => {
    const { weights, kernels, variance, pass, ordinary } = network();
    const record = () => recordInference(inputs[0], SHAPE, weights, pass).recording!;
    let recording = record();
    // A clone keeps the old data alive.
    const old = tf.clone(variance);
    tf.tidy(() => (variance as unknown as tf.Variable).assign(tf.fill([16], 2)));
    expect(recording.run(inputs[1])).toBeUndefined();
    recording = record();
    expect(recording.run(inputs[1])).toEqual(ordinary(inputs[1]));
    const velocity = tf.variable(tf.zeros(kernels[0].shape), false);
    momentumStep(kernels[0] as unknown as tf.Variable, tf.onesLike(velocity), velocity, {
      learningRate: 1,
      momentum: 0,
    });
    expect(recording.run(inputs[1])).toBeUndefined();
    expect(recording.run(inputs[1])).toBeUndefined();
    recording = record();
    expect(recording.run(inputs[1])).toEqual(ordinary(inputs[1]));
    tf.dispose([...weights, old, velocity]);
    expect(recording.run(inputs[1])).toBeUndefined();
  });

  it('ends with its backend', async () => {
    const { weights, pass } = network();
    const { recording } = recordInference(inputs[0], SHAPE, weights, pass);
    await useWasm({ threads: 1 });
    expect(recording!.run(inputs[0])).toBeUndefined();
    await useWasm({ threads: 2 });
    tf.dispose(weights);
  });

  it('takes an input of the recorded size only', () => {
    const { weights, pass } = network();
    const { recording } = recordInference(inputs[0], SHAPE, weights, pass);
    expect(recording!.run(new Float32Array(SIZE - 1))).toBeUndefined();
    tf.dispose(weights);
  });

  it("is not made of what kernels can't repeat", () => {
    const kept: tf.Tensor[] = [];
    const refused: ((x: tf.Tensor) => tf.Tensor)[] = [
      // A kernel of upstream's.
      (x) => tf.cos(x),
      // A value that JavaScript reads.
      (x) => tf.mul(x, tf.mean(tf.abs(x)).dataSync()[0]),
      // A tensor that outlives the pass.
      (x) => {
        const y = tf.keep(conv2d(x as tf.Tensor4D, { kernel: tf.ones([1, 1, 16, 4]) }));
        kept.push(y);
        return tf.maxPool(y, 2, 2, 'valid');
      },
    ];
    for (const pass of refused) {
      const { output, recording } = recordInference(inputs[0], SHAPE, [], pass);
      expect(recording).toBeUndefined();
      expect(output).toEqual(tf.tidy(() => pass(tf.tensor(inputs[0], [...SHAPE])).dataSync()));
    }
    for (const y of kept) expect(y.dataSync()).toEqual(kept[0].dataSync());
    tf.dispose(kept);
  });

  it('leaves the backend as it was, also after an error', () => {
    const { numTensors } = tf.memory();
    const fails = () => {
      throw new Error('no');
    };
    expect(() => recordInference(inputs[0], SHAPE, [], fails)).toThrow('no');
    expect(() => recordInference(inputs[0], [1, 2], [], (x) => x)).toThrow();
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(currentWorkspace()!.recorder).toBeUndefined();
    const backend = currentWorkspace()!.backend;
    expect(Object.hasOwn(backend, 'move')).toBe(false);
    const { weights, pass } = network();
    const heap = () => (backend.wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8.length;
    const sizes = Array.from({ length: 60 }, () => {
      recordInference(inputs[0], SHAPE, weights, pass).recording!.dispose();
      return heap();
    });
    expect(sizes.at(-1)).toBe(sizes[20]);
    tf.dispose(weights);
  });
});

it.each<[unknown[], RegExp]>([
  [[[1], [1], [], (x: tf.Tensor) => x], /the values: an array/],
  [[new Float32Array(3), 3, [], (x: tf.Tensor) => x], /the shape: 3/],
  [[new Float32Array(3), [2, 2], [], (x: tf.Tensor) => x], /3 values for the shape: "\[2, 2\]"/],
  [[new Float32Array(3), [3], [7], (x: tf.Tensor) => x], /0 is 7: give a tensor/],
  [[new Float32Array(3), [3], [], 'relu'], /the pass: "relu"/],
  [[new Float32Array(3), [3], [], () => 1], /the pass's result is 1/],
])('recordInference refuses junk: %j', (args, message) => {
  const { numTensors } = tf.memory();
  const record = recordInference as (...args: unknown[]) => unknown;
  expect(() => record(...args)).toThrow(message);
  expect(tf.memory().numTensors).toBe(numTensors);
});

it('recordInference runs on other backends without recording', async () => {
  await tf.setBackend('cpu');
  const { output, recording } = recordInference(Float32Array.of(1, 2), [2], [], (x) => tf.add(x, 1));
  expect([...output, recording]).toEqual([2, 3, undefined]);
  await useWasm({ threads: 2 });
});
