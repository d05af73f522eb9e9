import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { describe, expect, it } from 'vitest';
import { loadPretrained } from '../src/index.js';

describe('before a backend runs', () => {
  // In a process of its own: Vitest isolates files.
  it('a classifier says what to wait for, and then can be loaded', async () => {
    tf.registerBackend('slow', () => new Promise<tf.KernelBackend>(() => undefined));
    void tf.setBackend('slow');
    await expect(loadPretrained('tiny-vgg/softmax')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('await useWasm()'),
    });
    await useWasm({ threads: 1 });
    (await loadPretrained('tiny-vgg/softmax')).dispose();
  });
});
