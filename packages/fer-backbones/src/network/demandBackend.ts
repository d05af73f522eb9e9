import * as tf from '@tensorflow/tfjs-core';
import { FerError } from 'fer-core';

/**
 * Refuses to make tensors before a backend runs: tfjs would start one by itself, which fails for those that start
 * asynchronously, as the WASM backend does.
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
