import '@tensorflow/tfjs-backend-wasm';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { adam, useBest, useWasm } from '../src/index.js';

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

  it('leaves the backend in use until the next one is ready', async () => {
    await useWasm({ threads: 2 });
    const x = tf.tensor1d([1, 2]);
    let isPending = true;
    const starting = useWasm({ threads: 1 }).finally(() => {
      isPending = false;
    });
    while (isPending) {
      expect(tf.tidy(() => [...tf.add(x, 1).dataSync()])).toEqual([2, 3]);
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect((await starting).threads).toBe(1);
    expect(tf.tidy(() => [...tf.add(x, 1).dataSync()])).toEqual([2, 3]);
    x.dispose();
  });

  it('goes on with a fit that is running', async () => {
    const losses = async (onBatchEnd: (batch: number) => Promise<void>): Promise<unknown> => {
      await useWasm({ threads: 1 });
      const layer = { kernelInitializer: 'ones', activation: 'relu' } as const;
      const model = sequential({
        layers: [
          layers.conv2d({ ...layer, inputShape: [12, 12, 1], filters: 16, kernelSize: 3 }),
          layers.batchNormalization(),
          layers.flatten(),
          layers.dense({ kernelInitializer: 'zeros', units: 1 }),
        ],
      });
      model.compile({ optimizer: adam(1e-3), loss: 'meanSquaredError' });
      const x = tf.reshape(tf.sin(tf.range(0, 64 * 144)), [64, 12, 12, 1]);
      const options = { epochs: 3, batchSize: 16, shuffle: false, verbose: 0, yieldEvery: 'batch' } as const;
      const { history } = await model.fit(x, tf.ones([64, 1]), { ...options, callbacks: { onBatchEnd } });
      return history.loss;
    };
    const expected = await losses(async () => undefined);
    const actual = await losses(async (batch) => {
      await useWasm({ threads: batch % 2 === 0 ? 2 : 1 });
    });
    expect(actual).toEqual(expected);
  });

  it('does not become what other code has begun to start', async () => {
    tf.registerBackend('slow', () => new Promise((resolve) => setTimeout(() => resolve(new MathBackendCPU()), 100)));
    const slow = tf.setBackend('slow');
    await useWasm({ threads: 1 });
    expect(filterGradient()).toEqual([4, 4, 4, 4]);
    await slow;
    expect(tf.getBackend()).toBe('wasm');
    expect(filterGradient()).toEqual([4, 4, 4, 4]);
    tf.removeBackend('slow');
  });

  it('starts again where the backend was removed', async () => {
    await useWasm({ threads: 2 });
    tf.removeBackend('wasm');
    expect((await useWasm()).threads).toBeGreaterThan(0);
    expect(filterGradient()).toEqual([4, 4, 4, 4]);
  });

  it('starts again after a reset, and tfjs alone does not', async () => {
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await useWasm({ threads: 2 });
    tf.engine().reset();
    expect(await tf.setBackend('wasm')).toBe(false);
    expect(warnings.mock.calls.join()).toContain('call `await useWasm()` first');
    warnings.mockRestore();
    await useWasm();
    expect(filterGradient()).toEqual([4, 4, 4, 4]);
  });
});
