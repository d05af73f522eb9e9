import { backend_util, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../errors.js';
import { checkShape, type KernelCall, type OwnKernel, type OwnKernels } from './kernel.js';

type Shape5 = [number, number, number, number, number];
type Info = backend_util.Conv3DInfo;

interface Attrs {
  strides: [number, number, number] | number;
  pad: 'valid' | 'same';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  filterSize: [number, number, number] | number;
}

const outOf = ({ batchSize, outDepth, outHeight, outWidth, outChannels }: Info): Shape5 =>
  [...[batchSize, outDepth, outHeight, outWidth, outChannels]] as Shape5;

/** The words that assembly/volume.ts takes. */
function words(name: string, info: Info): readonly number[] {
  const { front, top, left } = info.padInfo;
  const out = outOf(info).slice(1, 4);
  if (Math.min(...out, front + 1, top + 1, left + 1, info.inChannels) < 1) {
    throw new WasmError(
      'INVALID_ARGUMENT',
      `${name}: the output is ${out.join('×')}. Use a smaller window or more padding.`,
    );
  }
  return [
    ...[info.batchSize, info.inDepth, info.inHeight, info.inWidth, info.inChannels],
    ...[...out, info.outChannels, info.filterDepth, info.filterHeight, info.filterWidth],
    ...[info.strideDepth, info.strideHeight, info.strideWidth, front, top, left],
  ];
}

function convolution({ attrs }: KernelCall, inShape: readonly number[], filterShape: readonly number[]): Info {
  const { strides, pad } = attrs as unknown as Attrs;
  return backend_util.computeConv3DInfo(inShape as Shape5, filterShape as Shape5, strides, 1, pad);
}

const inputGradient: OwnKernel = (workspace, call) => {
  const { dy, filter } = call.inputs;
  const inputShape = call.attrs.inputShape as number[];
  const info = convolution(call, inputShape, filter.shape);
  checkShape(call.name, 'dy', dy.shape, outOf(info));
  const out = workspace.output(inputShape);
  const addresses = [dy, filter, out].map((tensor) => workspace.address(tensor));
  if (util.sizeFromShape(inputShape) > 0) workspace.run('conv3dInputGrad', [...addresses, ...words(call.name, info)]);
  return out;
};

const filterGradient: OwnKernel = (workspace, call) => {
  const { x, dy } = call.inputs;
  const filterShape = call.attrs.filterShape as number[];
  const info = convolution(call, x.shape, filterShape);
  checkShape(call.name, 'dy', dy.shape, outOf(info));
  const out = workspace.output(filterShape);
  const addresses = [x, dy, out].map((tensor) => workspace.address(tensor));
  workspace.run('conv3dFilterGrad', [...addresses, ...words(call.name, info)]);
  return out;
};

function windows({ attrs }: KernelCall, shape: readonly number[]): Info {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as Attrs;
  return backend_util.computePool3DInfo(shape as Shape5, filterSize, strides, 1, pad, dimRoundingMode);
}

const maxPool: OwnKernel = (workspace, call) => {
  const { x } = call.inputs;
  if (x.dtype !== 'float32') return undefined;
  const info = windows(call, x.shape);
  const out = workspace.output(info.outShape);
  const addresses = [x, out].map((tensor) => workspace.address(tensor));
  if (util.sizeFromShape(out.shape) > 0) workspace.run('maxPool3d', [...addresses, ...words(call.name, info)]);
  return out;
};

const maxPoolGradient: OwnKernel = (workspace, call) => {
  const { dy, input, output } = call.inputs;
  const info = windows(call, input.shape);
  checkShape(call.name, 'dy', dy.shape, info.outShape);
  checkShape(call.name, 'output', output.shape, info.outShape);
  const out = workspace.output(input.shape);
  const addresses = [input, output, dy, out].map((tensor) => workspace.address(tensor));
  workspace.run('maxPool3dGrad', [...addresses, ...words(call.name, info)]);
  return out;
};

/** The kernels over volumes that upstream gets wrong: both gradients of a convolution, and max pooling. */
export const volumeKernels: OwnKernels = {
  Conv3DBackpropInputV2: inputGradient,
  Conv3DBackpropFilterV2: filterGradient,
  MaxPool3D: maxPool,
  MaxPool3DGrad: maxPoolGradient,
};
