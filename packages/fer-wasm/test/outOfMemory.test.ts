import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';

beforeAll(() => useWasm({ threads: 1 }));

it('refuses what memory has no room for, and leaves other tensors alone', async () => {
  const before = tf.memory().numTensors;
  const small = tf.tensor1d([1, 2, 3]);
  const backend = tf.backend() as BackendWasm;
  const held: tf.DataId[] = [];
  // A gibibyte each, which nothing is written to. A WebAssembly memory has four at most.
  expect(() => {
    for (let i = 0; i < 5; i++) held.push(backend.makeOutput([2 ** 28], 'float32').dataId as tf.DataId);
  }).toThrow(expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining('Out of WASM memory') }));
  const refused = () => tf.matMul(tf.ones([2 ** 14, 1]), tf.ones([1, 2 ** 14]));
  expect(() => tf.tidy(refused)).toThrow('Out of WASM memory');
  expect([...(await small.data())]).toEqual([1, 2, 3]);
  for (const dataId of held) backend.disposeData(dataId);
  expect([...tf.tidy(() => tf.add(small, 1).dataSync())]).toEqual([2, 3, 4]);
  small.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
