import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-layers';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBest, useWasm } from '../src/index.js';

const upstream = dirname(
  createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm'),
);

/** What upstream alone can't: the gradient of a filter. */
function filterGradient(): number[] {
  return tf.tidy(() => {
    const f = (w: tf.Tensor) => tf.sum(tf.conv2d(tf.ones([1, 3, 3, 1]) as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'));
    return [
      ...tf
        .grad(f)(tf.ones([2, 2, 1, 1]))
        .dataSync(),
    ];
  });
}

describe('useWasm, where the wasm backend runs already', () => {
  let before: tf.Tensor;

  beforeAll(async () => {
    setWasmPaths(`${upstream}/`);
    await tf.setBackend('wasm');
    before = tf.tensor1d([1, 2, 3]);
  });

  it('takes its place, and the tensors with it', async () => {
    await useWasm({ threads: 2 });
    expect(filterGradient()).toEqual([4, 4, 4, 4]);
    expect(tf.tidy(() => [...tf.add(before, 1).dataSync()])).toEqual([2, 3, 4]);
    before.dispose();
  });

  it('makes it current again after another backend was', async () => {
    await tf.setBackend('cpu');
    await useWasm();
    expect(tf.getBackend()).toBe('wasm');
    await tf.setBackend('cpu');
    expect((await useBest()).backend).toBe('wasm');
    expect(tf.getBackend()).toBe('wasm');
    expect(filterGradient()).toEqual([4, 4, 4, 4]);
  });

  it('starts another one for other options, and keeps it for none or the same', async () => {
    const kept = tf.variable(tf.tensor1d([5, 6]));
    const numTensors = tf.memory().numTensors;
    expect((await useWasm({ threads: 1 })).threads).toBe(1);
    expect((await useWasm()).threads).toBe(1);
    const backend = tf.backend();
    await useWasm({ threads: 1, relaxedSimd: true });
    expect(tf.backend()).toBe(backend);
    expect(await useWasm({ relaxedSimd: false })).toMatchObject({ threads: 1, relaxedSimd: false });
    expect(filterGradient()).toEqual([4, 4, 4, 4]);
    expect([...kept.dataSync()]).toEqual([5, 6]);
    expect(tf.tidy(() => [...tf.mul(kept, 2).dataSync()])).toEqual([10, 12]);
    expect(tf.memory().numTensors).toBe(numTensors);
    kept.dispose();
  });

  it('comes after what a call overlaps', async () => {
    const [one, two] = await Promise.all([useWasm({ threads: 2 }), useWasm({ threads: 1 })]);
    expect([one.threads, two.threads]).toEqual([2, 1]);
    expect(filterGradient()).toEqual([4, 4, 4, 4]);
  });
});
