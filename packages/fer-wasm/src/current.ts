import * as tf from '@tensorflow/tfjs-core';
import { WasmError } from './errors.js';
import type { Workspace } from './heap.js';

let workspace: Workspace | undefined;

/** Sets the workspace of the `wasm` backend. */
export function setWorkspace(started: Workspace): void {
  workspace = started;
}

/** Returns the workspace of the current backend, or `undefined` if that backend isn't ours. */
export function currentWorkspace(): Workspace | undefined {
  return workspace && tf.getBackend() === 'wasm' ? workspace : undefined;
}

/**
 * Throws if no backend is running yet, or only one that is still starting.
 *
 * @throws WasmError `UNSUPPORTED`
 */
export function demandBackend(): void {
  const { backendName, registry } = tf.engine();
  if (backendName && backendName in registry) return;
  throw new WasmError(
    'UNSUPPORTED',
    "No TensorFlow.js backend is running: `import { useWasm } from 'fer-wasm'` and call `await useWasm()` first.",
  );
}
