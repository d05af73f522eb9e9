import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { WasmError } from '../errors.js';
import type { Workspace } from '../heap.js';
import { callKernel, type KernelCall } from './kernel.js';

/** tfjs' activations of fused ops other than linear and ReLU, with the kernels that compute them. */
const KERNELS: Readonly<Record<string, string>> = {
  elu: 'Elu',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
  relu: 'Relu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
};

/** Returns the activation of a fused op. */
export function activationOf({ attrs }: KernelCall): string {
  return (attrs.activation as string | undefined) ?? 'linear';
}

/**
 * Applies an activation with a separate kernel and releases y. Returns y itself if the activation is linear.
 *
 * @throws WasmError `UNSUPPORTED` for an activation that tfjs doesn't have.
 */
export function activate(workspace: Workspace, y: TensorInfo, call: KernelCall): TensorInfo {
  const activation = activationOf(call);
  if (activation === 'linear') return y;
  const kernel = KERNELS[activation];
  if (!kernel) {
    workspace.release(y);
    throw new WasmError('UNSUPPORTED', `${call.name}: there is no activation "${activation}".`);
  }
  const { preluActivationWeights } = call.inputs;
  const inputs: Record<string, TensorInfo> =
    activation === 'prelu' ? { x: y, alpha: preluActivationWeights } : { x: y };
  const attrs: NamedAttrMap = activation === 'leakyrelu' ? { alpha: call.attrs.leakyreluAlpha } : {};
  try {
    return callKernel(workspace, kernel, inputs, attrs);
  } finally {
    workspace.release(y);
  }
}

/** Adds a tensor that broadcasts to y, and releases y. */
export function addTo(workspace: Workspace, y: TensorInfo, bias: TensorInfo): TensorInfo {
  try {
    return callKernel(workspace, 'Add', { a: y, b: bias });
  } finally {
    workspace.release(y);
  }
}
