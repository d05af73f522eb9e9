import { backend_util } from '@tensorflow/tfjs-core';
import type { Workspace } from '../heap.js';
import type { KernelCall, OwnKernel } from './register.js';

interface PoolAttrs {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The windows of a pooling, as words for assembly/pool.ts. */
function windowsOf(shape: readonly number[], attrs: KernelCall['attrs']) {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs;
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { top, bottom, left, right } = info.padInfo;
  const padded = top > 0 || bottom > 0 || left > 0 || right > 0;
  return {
    outShape: info.outShape,
    apart: !padded && info.strideHeight >= info.filterHeight && info.strideWidth >= info.filterWidth,
    words: [
      ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outHeight, info.outWidth],
      ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
      ...[top, left],
    ],
  };
}

const forward: OwnKernel = (workspace: Workspace, { inputs, attrs }) => {
  const windows = windowsOf(inputs.x.shape, attrs);
  if (inputs.x.dtype !== 'float32') return undefined;
  const out = workspace.output(windows.outShape);
  workspace.run('maxPool', [workspace.address(inputs.x), workspace.address(out), ...windows.words]);
  return out;
};

const gradient: OwnKernel = (workspace, { inputs, attrs }) => {
  const { dy, input, output } = inputs;
  const windows = windowsOf(input.shape, attrs);
  const out = workspace.output(input.shape);
  const addresses = [input, output, dy, out].map((tensor) => workspace.address(tensor));
  workspace.run(windows.apart ? 'maxPoolGrad' : 'maxPoolGradAny', [...addresses, ...windows.words]);
  return out;
};

/** Max pooling and its gradient. */
export const poolingKernels: Readonly<Record<string, OwnKernel>> = { MaxPool: forward, MaxPoolGrad: gradient };
