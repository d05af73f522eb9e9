import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Refuses a second copy of tfjs-core. Copies share the engine and the kernels of the one loaded first, whatever its
 * version, but not what is beside them; what comes of that fails far from its cause. The engine's environment tells
 * whose it is.
 *
 * @throws Error
 */
export function checkCore(): void {
  if (!(tf.env() instanceof tf.Environment)) throw twoCopies('@tensorflow/tfjs-core');
}

/**
 * Refuses a backend that a second copy of tfjs-backend-wasm has made: it would not run on our memory.
 *
 * @throws Error
 */
export function checkBackend(backend: unknown): asserts backend is BackendWasm {
  if (!(backend instanceof BackendWasm)) throw twoCopies('@tensorflow/tfjs-backend-wasm');
}

function twoCopies(name: string): Error {
  return new Error(
    `There are two copies of ${name}: an application must have one. \`npm ls ${name}\` shows who brings which; give all ` +
      'of them the version that fer-wasm has as its peer dependency.',
  );
}
