import * as tf from '@tensorflow/tfjs-core';
import { FerError } from 'fer-core';

/**
 * Throws if no backend is running yet, or only one that is still starting. Otherwise tfjs would start one by itself
 * when the first tensor is made, which fails for backends that start asynchronously, such as WASM.
 *
 * @throws FerError `UNSUPPORTED`
 */
export function demandBackend(): void {
  const { backendName, registry } = tf.engine();
  if (backendName && backendName in registry) return;
  throw new FerError(
    'UNSUPPORTED',
    "no TensorFlow.js backend is running: `import { useWasm } from 'fer-wasm'` and call `await useWasm()` first (or " +
      '`await tf.ready()` for another backend).',
  );
}
