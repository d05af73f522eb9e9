import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { WasmError } from '../errors.js';
import type { Workspace } from '../heap.js';
import { callKernel, type KernelCall } from './kernel.js';

/** tfjs' activations of fused ops, beside linear and ReLU, and the kernels that compute them. */
const KERNELS: Readonly<Record<string, string>> = {
  elu: 'Elu',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
  relu: 'Relu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
};

/** The activation that a fused op asks for. */
export function activationOf({ attrs }: KernelCall): string {
  return (attrs.activation as string | undefined) ?? 'linear';
}

/**
 * The activation of y by a kernel of its own; y itself where it is linear. Else y is released.
 *
 * @throws WasmError `UNSUPPORTED` for an activation that tfjs doesn't name.
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

/** Adds what broadcasts over y, which is released. */
export function addTo(workspace: Workspace, y: TensorInfo, bias: TensorInfo): TensorInfo {
  try {
    return callKernel(workspace, 'Add', { a: y, b: bias });
  } finally {
    workspace.release(y);
  }
}
