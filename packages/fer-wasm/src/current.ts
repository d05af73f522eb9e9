import * as tf from '@tensorflow/tfjs-core';
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
