import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { align16, type Workspace } from '../heap.js';
import { activate, activationOf, addTo } from './activation.js';
import { type Addresses, type Geometry, geometryOf, inputGradientGeometry } from './geometry.js';
import { checkShape, type OwnKernel, type OwnKernels } from './kernel.js';
import { gradientSuitsWinograd, suitsWinograd, winogradConvolve, winogradFilterGradient } from './winograd.js';

/** What a block of output rows may take of L2: its laid-out or read input. */
const BLOCK_BYTES = 192 * 1024;
/** Most output pixels a block, so that what it writes stays in L2 too. */
const BLOCK_PIXELS = 768;
/** The same for the gradient of the filter, where a panel of dy and a column of patches share L1. */
const GRADIENT_BLOCK_PIXELS = 256;

/** y = conv(x, filter) (+ bias) (ReLU). With `rotate`, the filter is that of the input's gradient. */
export function convolve(
  workspace: Workspace,
  addresses: Addresses,
  g: Geometry,
  options: { readonly relu?: boolean; readonly rotate?: boolean } = {},
): void {
  if (suitsWinograd(g)) {
    winogradConvolve(workspace, addresses, g, options);
    return;
  }
  const { threads } = workspace.pool;
  const k = g.kernelHeight * g.kernelWidth * g.channels;
  const panels = Math.ceil(g.outChannels / 8);
  const block = blockRows(g, BLOCK_PIXELS);
  const perThread = align16(256 + align16(4 * k) + align16(4 * block * g.outWidth) + laidBytes(g, block));
  const packedBytes = align16(panels * k * 32);
  const biasBytes = addresses.bias ? align16(panels * 32) : 0;
  const kept = addresses.filterData && workspace.filters.find(addresses.filterData, 'direct', packedBytes);
  const scratch = workspace.scratch((kept ? 0 : packedBytes) + biasBytes + perThread * threads);
  const packed = kept?.address ?? scratch;
  const rest = kept ? scratch : scratch + packedBytes;
  const bias = addresses.bias ? rest : 0;
  const channels = options.rotate ? [g.outChannels, g.channels] : [g.channels, g.outChannels];
  const taps = g.kernelHeight * g.kernelWidth;
  if (!kept || kept.fresh) {
    workspace.run('packFilter', [addresses.filter, packed, taps, ...channels, Number(options.rotate ?? false)]);
  }
  if (addresses.bias) {
    workspace.clear(bias, biasBytes);
    workspace.copy(addresses.bias, bias, 4 * g.outChannels);
  }
  workspace.run('conv', [
    ...[addresses.x, packed, addresses.y, bias, rest + biasBytes, perThread],
    ...geometryWords(g, block),
    Number(options.relu ?? false),
  ]);
}

/** dw = Σ patchᵀ·dy; all addresses. */
export function convolveFilterGradient(workspace: Workspace, x: number, dy: number, dw: number, g: Geometry): void {
  if (gradientSuitsWinograd(g)) {
    winogradFilterGradient(workspace, x, dy, dw, g);
    return;
  }
  const block = blockRows(g, GRADIENT_BLOCK_PIXELS);
  const perThread = align16(256 + align16(4 * block * g.outWidth) + laidBytes(g, block));
  const size = g.kernelHeight * g.kernelWidth * g.channels * g.outChannels * 4;
  workspace.clear(dw, size);
  const scratch = workspace.scratch(perThread * workspace.pool.threads);
  workspace.run('convFilterGrad', [x, dy, dw, 0, scratch, perThread, ...geometryWords(g, block)]);
}

function geometryWords(g: Geometry, block: number): readonly number[] {
  return [
    ...[g.n, g.height, g.width, g.channels, g.outHeight, g.outWidth, g.outChannels, g.kernelHeight, g.kernelWidth],
    ...[g.strideY, g.strideX, g.padTop, g.padLeft, g.dilationY, g.dilationX, g.gapY, g.gapX, block],
  ];
}

/** Output rows a block: as many as keep its input within {@link BLOCK_BYTES}, at least one. */
function blockRows(g: Geometry, mostPixels: number): number {
  const lineBytes = ((g.outWidth - 1) * g.strideX + (g.kernelWidth - 1) * g.dilationX + 1) * g.channels * 4;
  const windowLines = (g.kernelHeight - 1) * g.dilationY + 1;
  const linesAnImage = (g.outHeight - 1) * g.strideY + windowLines;
  const wholeImages = Math.floor(BLOCK_BYTES / (linesAnImage * lineBytes)) * g.outHeight;
  const part = Math.floor((BLOCK_BYTES / lineBytes - windowLines) / g.strideY) + 1;
  const rows = wholeImages > 0 ? wholeImages : Math.min(part, g.outHeight);
  return Math.max(1, Math.min(rows, Math.floor(mostPixels / g.outWidth), g.n * g.outHeight));
}

/** Most bytes that the laid-out input of a block can take, wherever its first row lies in an image. */
function laidBytes(g: Geometry, block: number): number {
  const lineBytes = ((g.outWidth - 1) * g.strideX + (g.kernelWidth - 1) * g.dilationX + 1) * g.channels * 4;
  const windowLines = (g.kernelHeight - 1) * g.dilationY + 1;
  // A part of an image takes (rows − 1) · stride + window lines: the fewer images the more, where strides skip lines.
  const most = Math.min(block, Math.ceil((block - 1) / g.outHeight) + 1);
  const images = g.strideY > windowLines ? Math.ceil(block / g.outHeight) : most;
  const lines = (block - images) * g.strideY + images * windowLines;
  return align16(lines * lineBytes);
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
    filterData: filter.dataId,
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

/** Convolution, alone or with bias and activation, and both its gradients. */
export const convolutionKernels: OwnKernels = {
  Conv2D: forward,
  FusedConv2D: forward,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
};
