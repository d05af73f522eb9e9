import {
  getKernel,
  type KernelFunc,
  type NamedAttrMap,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { Workspace } from '../heap.js';
import { convolutionKernels } from './convolution.js';
import { identityKernels } from './identity.js';
import { matMulKernels } from './matMul.js';
import { poolingKernels } from './pooling.js';
import { reductionKernels } from './reduction.js';

/** What tfjs hands to a kernel. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: NamedAttrMap;
}

/**
 * One kernel of ours. It returns undefined for what it doesn't cover: upstream's kernel of the same name then does
 * the work.
 */
export type OwnKernel = (workspace: Workspace, call: KernelCall) => TensorInfo | undefined;

/** Puts our kernels in the place of upstream's on the `wasm` backend. */
export function registerKernels(workspace: Workspace): void {
  const own = { ...matMulKernels, ...convolutionKernels, ...poolingKernels, ...reductionKernels, ...identityKernels };
  for (const [kernelName, kernel] of Object.entries(own)) {
    const upstream = getKernel(kernelName, 'wasm');
    if (upstream) unregisterKernel(kernelName, 'wasm');
    const kernelFunc: KernelFunc = (params) => {
      const result = kernel(workspace, {
        inputs: params.inputs as Record<string, TensorInfo>,
        attrs: params.attrs ?? {},
      });
      if (result) return result;
      if (upstream) return upstream.kernelFunc(params);
      throw new Error(`${kernelName}: these shapes or options are not supported on the wasm backend.`);
    };
    registerKernel({ ...upstream, kernelName, backendName: 'wasm', kernelFunc });
  }
}
