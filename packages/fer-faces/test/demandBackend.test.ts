import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { describe, expect, it } from 'vitest';
import { faceDetector } from '../src/index.js';

const refusal = { code: 'UNSUPPORTED', message: expect.stringContaining('await useWasm()') };

describe('before a backend runs', () => {
  // In a process of its own: Vitest isolates files.
  it('a detector says what to call first, and then can be made', async () => {
    await expect(faceDetector()).rejects.toMatchObject(refusal);
    tf.registerBackend('slow', () => new Promise<tf.KernelBackend>(() => undefined));
    void tf.setBackend('slow');
    await expect(faceDetector()).rejects.toMatchObject(refusal);
    await useWasm({ threads: 1 });
    (await faceDetector()).dispose();
  });
});
