import * as tf from '@tensorflow/tfjs-core';
import type { Workspace } from './heap.js';

let workspace: Workspace | undefined;

/** Says which workspace the `wasm` backend has. */
export function setWorkspace(started: Workspace): void {
  workspace = started;
}

/** The workspace of the current backend, where that is ours. */
export function currentWorkspace(): Workspace | undefined {
  return workspace && tf.getBackend() === 'wasm' ? workspace : undefined;
}
