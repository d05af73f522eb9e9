import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Workspace } from '../heap.js';
import { activate, activationOf, addTo } from './activation.js';
import { convolveDirectly, filterGradientDirectly } from './directConvolution.js';
import { type Addresses, type Geometry, geometryOf, inputGradientGeometry } from './geometry.js';
import { checkShape, type OwnKernel, type OwnKernels } from './kernel.js';
import { inputGradientByPhases, phasesOf } from './stridedGradient.js';
import { winogradConvolve, winogradFilterGradient, winogradGradientTiles, winogradTiles } from './winograd.js';
import { winogradBatchConvolve, winogradBatchFilterGradient } from './winogradBatch.js';

/** y = conv(x, filter) (+ bias) (ReLU). With `rotate`, uses the rotated filter of the input's gradient. */
export function convolve(
  workspace: Workspace,
  addresses: Addresses,
  g: Geometry,
  options: { readonly relu?: boolean; readonly rotate?: boolean } = {},
): void {
  const tiles = winogradTiles(g);
  if (tiles) {
    if (tiles === 4) winogradConvolve(workspace, addresses, g, options);
    else winogradBatchConvolve(workspace, addresses, g, tiles, options);
    return;
  }
  const channels = options.rotate ? [g.outChannels, g.channels] : [g.channels, g.outChannels];
  const taps = g.kernelHeight * g.kernelWidth;
  convolveDirectly(workspace, addresses, g, options.relu ?? false, (packed) => {
    const words = [addresses.filter, packed, taps, ...channels, Number(options.rotate ?? false)];
    workspace.run('packFilter', words, taps * g.channels * g.outChannels);
  });
}

/** dw = Σ patchᵀ·dy. All arguments are addresses. */
export function convolveFilterGradient(workspace: Workspace, x: number, dy: number, dw: number, g: Geometry): void {
  const tiles = winogradGradientTiles(g);
  if (tiles) {
    if (tiles === 4) winogradFilterGradient(workspace, x, dy, dw, g);
    else winogradBatchFilterGradient(workspace, { x, dy, dw }, g, tiles);
    return;
  }
  filterGradientDirectly(workspace, x, dy, dw, g);
}

const forward: OwnKernel = (workspace, call) => {
  const { x, filter, bias } = call.inputs;
  if (x.dtype !== 'float32' || filter.dtype !== 'float32') return undefined;
  const g = geometryOf(call, x.shape, filter.shape);
  if (!g) return undefined;
  const out = workspace.output([g.n, g.outHeight, g.outWidth, g.outChannels]);
  if (util.sizeFromShape(out.shape) === 0) return out;
  const relu = activationOf(call) === 'relu';
  const fusedBias = !bias || util.sizeFromShape(bias.shape) === g.outChannels;
  const addresses = {
    x: workspace.address(x),
    filter: workspace.address(filter),
    cached: filter,
    y: workspace.address(out),
    bias: bias && fusedBias ? workspace.address(bias) : undefined,
  };
  convolve(workspace, addresses, g, { relu: relu && fusedBias });
  const sum = bias && !fusedBias ? addTo(workspace, out, bias) : out;
  return relu && fusedBias ? sum : activate(workspace, sum, call);
};

const inputGradient: OwnKernel = (workspace, call) => {
  const { dy, filter } = call.inputs;
  const inputShape = call.attrs.inputShape as number[];
  const g = geometryOf(call, inputShape, filter.shape);
  const transposed = g && inputGradientGeometry(g);
  if (!transposed) return undefined;
  checkShape(call.name, 'dy', dy.shape, [g.n, g.outHeight, g.outWidth, g.outChannels]);
  const out = workspace.output(inputShape);
  if (util.sizeFromShape(inputShape) === 0) return out;
  const phases = g.strideY * g.strideX > 1 ? phasesOf(g) : undefined;
  if (phases) {
    inputGradientByPhases(workspace, { dy, filter, dx: out }, g, phases);
    return out;
  }
  const addresses = { x: workspace.address(dy), filter: workspace.address(filter), y: workspace.address(out) };
  convolve(workspace, addresses, transposed, { rotate: true });
  return out;
};

const filterGradient: OwnKernel = (workspace, call) => {
  const { x, dy } = call.inputs;
  const filterShape = call.attrs.filterShape as number[];
  const g = geometryOf(call, x.shape, filterShape);
  if (!g) return undefined;
  checkShape(call.name, 'dy', dy.shape, [g.n, g.outHeight, g.outWidth, g.outChannels]);
  const out: TensorInfo = workspace.output(filterShape);
  convolveFilterGradient(workspace, workspace.address(x), workspace.address(dy), workspace.address(out), g);
  return out;
};

/** Convolution, with or without bias and activation, and both its gradients. */
export const convolutionKernels: OwnKernels = {
  Conv2D: forward,
  FusedConv2D: forward,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
};
