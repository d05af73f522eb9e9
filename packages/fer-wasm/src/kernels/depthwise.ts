import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { align16, type Workspace } from '../heap.js';
import { float32Bits } from '../pool.js';
import { activate, activationOf, addTo } from './activation.js';
import { type Geometry, geometryOf } from './geometry.js';
import { checkShape, type OwnKernel, type OwnKernels } from './kernel.js';
import { PARTS } from './parts.js';

/** The range that each activation clamps to, for activations that only clamp. */
const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  linear: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  relu: [0, Number.POSITIVE_INFINITY],
  relu6: [0, 6],
};

/** The words that assembly/depthwise.ts takes, for filters of `channels` channels. */
function words(g: Geometry, channels: number): readonly number[] {
  return [
    ...[g.n, g.height, g.width, channels, g.outHeight, g.outWidth, g.kernelHeight, g.kernelWidth],
    ...[g.strideY, g.strideX, g.padTop, g.padLeft, g.dilationY, g.dilationX],
  ];
}

/** The geometry of the convolution that computes the input's gradient, with the rotated filter, at stride 1. */
function turned(g: Geometry): Geometry {
  return {
    ...g,
    height: g.outHeight,
    width: g.outWidth,
    outHeight: g.height,
    outWidth: g.width,
    padTop: (g.kernelHeight - 1) * g.dilationY - g.padTop,
    padLeft: (g.kernelWidth - 1) * g.dilationX - g.padLeft,
  };
}

/** Calls `use` with x, whose channels are first repeated if the depth multiplier is above 1. */
function withRepeated<T>(workspace: Workspace, x: TensorInfo, times: number, use: (x: TensorInfo) => T): T {
  if (times === 1) return use(x);
  const repeated = workspace.output([...x.shape.slice(0, -1), x.shape[x.shape.length - 1] * times]);
  workspace.run('repeatChannels', [
    ...[workspace.address(x), workspace.address(repeated), util.sizeFromShape(x.shape), times],
  ]);
  try {
    return use(repeated);
  } finally {
    workspace.release(repeated);
  }
}

const forward: OwnKernel = (workspace, call) => {
  const { x, filter, bias } = call.inputs;
  if (x.dtype !== 'float32' || filter.dtype !== 'float32') return undefined;
  const g = geometryOf(call, x.shape, filter.shape, true);
  if (!g) return undefined;
  const out = workspace.output([g.n, g.outHeight, g.outWidth, g.outChannels]);
  if (util.sizeFromShape(out.shape) === 0) return out;
  const fusedBias = !bias || util.sizeFromShape(bias.shape) === g.outChannels;
  const limits = fusedBias ? LIMITS[activationOf(call)] : undefined;
  const [lowest, highest] = (limits ?? LIMITS.linear).map(float32Bits);
  withRepeated(workspace, x, filter.shape[3], (input) => {
    workspace.run('depthwise', [
      ...[workspace.address(input), workspace.address(filter), workspace.address(out)],
      ...[bias && fusedBias ? workspace.address(bias) : 0, 0, lowest, highest],
      ...words(g, g.outChannels),
    ]);
  });
  const sum = bias && !fusedBias ? addTo(workspace, out, bias) : out;
  return limits ? sum : activate(workspace, sum, call);
};

const inputGradient: OwnKernel = (workspace, call) => {
  const { dy, filter } = call.inputs;
  const inputShape = call.attrs.inputShape as number[];
  const g = geometryOf(call, inputShape, filter.shape, true);
  if (!g) return undefined;
  checkShape(call.name, 'dy', dy.shape, [g.n, g.outHeight, g.outWidth, g.outChannels]);
  const out = workspace.output(inputShape);
  if (util.sizeFromShape(inputShape) === 0) return out;
  const times = filter.shape[3];
  const dx = times === 1 ? out : workspace.output([g.n, g.height, g.width, g.outChannels]);
  const [from, weights, to] = [dy, filter, dx].map((tensor) => workspace.address(tensor));
  if (g.strideY * g.strideX === 1) {
    const [lowest, highest] = LIMITS.linear.map(float32Bits);
    workspace.run('depthwise', [from, weights, to, 0, 1, lowest, highest, ...words(turned(g), g.outChannels)]);
  } else {
    const perThread = align16(8 * g.kernelHeight * g.kernelWidth);
    const scratch = workspace.scratch(perThread * workspace.pool.threads);
    workspace.run('depthwiseInputGrad', [from, weights, to, scratch, perThread, ...words(g, g.outChannels)]);
  }
  if (times > 1) {
    workspace.run('sumRepeated', [workspace.address(out), to, util.sizeFromShape(inputShape), times]);
    workspace.release(dx);
  }
  return out;
};

const filterGradient: OwnKernel = (workspace, call) => {
  const { x, dy } = call.inputs;
  const filterShape = call.attrs.filterShape as number[];
  const g = geometryOf(call, x.shape, filterShape, true);
  if (!g) return undefined;
  checkShape(call.name, 'dy', dy.shape, [g.n, g.outHeight, g.outWidth, g.outChannels]);
  const out = workspace.output(filterShape);
  const size = util.sizeFromShape(filterShape);
  const parts = workspace.scratch(align16(PARTS * size * 4));
  withRepeated(workspace, x, filterShape[3], (input) => {
    workspace.run('depthwiseFilterGrad', [
      ...[workspace.address(input), workspace.address(dy), parts, PARTS],
      ...words(g, g.outChannels),
    ]);
  });
  workspace.run('partSumsOfFloats', [parts, workspace.address(out), size, PARTS]);
  return out;
};

/** Depthwise convolution, with or without bias and activation, and both its gradients. */
export const depthwiseKernels: OwnKernels = {
  DepthwiseConv2dNative: forward,
  FusedDepthwiseConv2D: forward,
  DepthwiseConv2dNativeBackpropInput: inputGradient,
  DepthwiseConv2dNativeBackpropFilter: filterGradient,
};
