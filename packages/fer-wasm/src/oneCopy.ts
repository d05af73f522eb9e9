import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { WasmError } from './errors.js';

/**
 * Throws if the application has loaded a second copy of tfjs-core. All copies share the engine and the kernels of the
 * copy that loaded first, whatever its version, but not their other state, which causes errors far from their origin.
 * The engine's environment shows which copy owns it.
 *
 * @throws WasmError `UNSUPPORTED`
 */
export function checkCore(): void {
  if (!(tf.env() instanceof tf.Environment)) throw twoCopies('@tensorflow/tfjs-core');
}

/**
 * Throws if a second copy of tfjs-backend-wasm made this backend: it would not run on our memory.
 *
 * @throws WasmError `UNSUPPORTED`
 */
export function checkBackend(backend: unknown): asserts backend is BackendWasm {
  if (!(backend instanceof BackendWasm)) throw twoCopies('@tensorflow/tfjs-backend-wasm');
}

function twoCopies(name: string): WasmError {
  return new WasmError(
    'UNSUPPORTED',
    `There are two copies of ${name}: an application must have one. \`npm ls ${name}\` shows which packages bring them; ` +
      'give all of them the version that fer-wasm has as its peer dependency. Under Next.js, list the tfjs packages in ' +
      'serverExternalPackages, so that its routes share one. In a page, use a build of the other library that imports ' +
      'tfjs, not one that contains it.',
  );
}
