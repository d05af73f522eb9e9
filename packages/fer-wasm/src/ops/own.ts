import * as tf from '@tensorflow/tfjs-core';
import { currentWorkspace } from '../current.js';
import { WasmError } from '../errors.js';
import type { Workspace } from '../heap.js';

/** One of our kernels without a tfjs name, which an op of this folder runs. */
type Custom = (workspace: Workspace) => tf.TensorInfo | tf.TensorInfo[];

const KERNEL = 'FerCustom';
let registered = false;

/**
 * Runs one of our kernels through tfjs' engine, which then tracks its outputs like those of any op (tidy, memory,
 * profiling).
 */
export function runOwn<Result extends tf.Tensor | tf.Tensor[]>(
  inputs: Readonly<Record<string, tf.Tensor>>,
  custom: Custom,
): Result {
  if (!registered) {
    tf.registerKernel({
      kernelName: KERNEL,
      backendName: 'wasm',
      kernelFunc: ({ attrs }) => {
        const workspace = currentWorkspace();
        if (!workspace)
          throw new WasmError('UNSUPPORTED', 'The current backend is not one that useWasm() started: await it first.');
        return (attrs as unknown as { custom: Custom }).custom(workspace);
      },
    });
    registered = true;
  }
  return tf.engine().runKernel(KERNEL, { ...inputs }, { custom } as unknown as tf.NamedAttrMap) as Result;
}
