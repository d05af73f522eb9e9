import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { WasmError } from '../errors.js';
import type { Workspace } from '../heap.js';
import { arithmeticKernels } from './arithmetic.js';
import { convolutionKernels } from './convolution.js';
import { depthwiseKernels } from './depthwise.js';
import { dilationKernels } from './dilation.js';
import { identityKernels } from './identity.js';
import type { OwnKernels } from './kernel.js';
import { matMulKernels } from './matMul.js';
import { poolingKernels } from './pooling.js';
import { reductionKernels } from './reduction.js';
import { volumeKernels } from './volume.js';

/** Upstream's kernels that ours have replaced, by name; `undefined` for a name that upstream has no kernel for. */
const replaced = new Map<string, KernelConfig | undefined>();

/** Replaces upstream's kernels on the `wasm` backend by ours. */
export function registerKernels(workspace: Workspace): void {
  const own: OwnKernels = {
    ...arithmeticKernels,
    ...matMulKernels,
    ...convolutionKernels,
    ...depthwiseKernels,
    ...dilationKernels,
    ...poolingKernels,
    ...reductionKernels,
    ...identityKernels,
    ...volumeKernels,
  };
  for (const [kernelName, kernel] of Object.entries(own)) {
    const registered = getKernel(kernelName, 'wasm');
    if (registered) unregisterKernel(kernelName, 'wasm');
    const upstream = replaced.has(kernelName) ? replaced.get(kernelName) : registered;
    replaced.set(kernelName, upstream);
    const kernelFunc: KernelFunc = (params) => {
      const result = kernel(workspace, {
        name: kernelName,
        inputs: params.inputs as Record<string, TensorInfo>,
        attrs: params.attrs ?? {},
      });
      if (result) return result;
      if (upstream) return upstream.kernelFunc(params);
      throw new WasmError('UNSUPPORTED', `${kernelName}: the wasm backend doesn't have these shapes or options.`);
    };
    registerKernel({ ...upstream, kernelName, backendName: 'wasm', kernelFunc });
  }
}
