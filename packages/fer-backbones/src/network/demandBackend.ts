import * as tf from '@tensorflow/tfjs-core';
import { FerError } from 'fer-core';

/**
 * Throws if no backend is running yet. Otherwise tfjs would start one by itself when the first tensor is made, which
 * fails for backends that start asynchronously, such as WASM.
 *
 * @throws FerError `UNSUPPORTED`
 */
export function demandBackend(): void {
  if (tf.getBackend()) return;
  throw new FerError(
    'UNSUPPORTED',
    'no TensorFlow.js backend is running: call `await useWasm()` of fer-wasm first (or `await tf.ready()` for another ' +
      'backend).',
  );
}
