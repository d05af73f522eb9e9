import { backend_util, mul, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { Gradients, OwnGradient, OwnGradients } from './gradient.js';

interface Attrs {
  filterSize: [number, number, number] | number;
  strides: [number, number, number] | number;
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Gradient of average pooling over volumes. Upstream divides dy by the full size of the window even if only a part of
 * it lies inside. This function first multiplies dy by the factor that corrects this.
 */
const average3d: OwnGradient = ({ dy, saved, attrs, upstream }) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as Attrs;
  const shape = saved[0].shape as [number, number, number, number, number];
  const info = backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { front, top, left } = info.padInfo;
  const depth = shares(info.inDepth, info.outDepth, info.filterDepth, info.strideDepth, front);
  const height = shares(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, top);
  const width = shares(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, left);
  const factors = depth.flatMap((d) => height.flatMap((h) => width.map((w) => d * h * w)));
  const scaled = mul(dy, tensor(factors, [1, depth.length, height.length, width.length, 1])) as Tensor;
  return upstream.gradFunc(scaled, [...saved], attrs) as Gradients;
};

/** For each window along one axis: its size divided by the size of the part that lies inside. */
function shares(size: number, out: number, window: number, stride: number, pad: number): number[] {
  return Array.from({ length: out }, (_, i) => {
    const first = i * stride - pad;
    const inside = Math.min(size, first + window) - Math.max(0, first);
    return window / Math.max(1, inside);
  });
}

/** Gradients of pooling. Two-dimensional average pooling has a kernel of ours instead. */
export const poolingGradients: OwnGradients = { AvgPool3D: average3d };
