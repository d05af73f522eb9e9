import {
  getKernel,
  getKernelsForBackend,
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

/** Upstream's kernels that compute nothing: they share the data of their input. */
const SHARING = ['Reshape', 'ExpandDims'];

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
      if (workspace.recorder) workspace.recorder.refused = true;
      if (upstream) return upstream.kernelFunc(params);
      throw new WasmError('UNSUPPORTED', `${kernelName}: the wasm backend doesn't have these shapes or options.`);
    };
    registerKernel({ ...upstream, kernelName, backendName: 'wasm', kernelFunc });
  }
  noteOthers(workspace, own);
}

/** Lets a recording know of upstream's kernels that run, which can't be repeated. */
function noteOthers(workspace: Workspace, own: OwnKernels): void {
  for (const upstream of getKernelsForBackend('wasm')) {
    const { kernelName } = upstream;
    if (kernelName in own || kernelName === 'FerCustom' || SHARING.includes(kernelName)) continue;
    const original = replaced.get(kernelName) ?? upstream;
    replaced.set(kernelName, original);
    unregisterKernel(kernelName, 'wasm');
    registerKernel({
      ...original,
      kernelFunc(params) {
        if (workspace.recorder) workspace.recorder.refused = true;
        return original.kernelFunc(params);
      },
    });
  }
}
