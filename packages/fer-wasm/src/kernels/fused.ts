import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { align16, type Workspace } from '../heap.js';
import { float32Bits } from '../pool.js';
import { PARTS } from './parts.js';

/** dx = dy where y > 0, else 0. A deferred dy is computed in the same pass. */
export function reluGradient(workspace: Workspace, y: TensorInfo, dy: TensorInfo): TensorInfo {
  const { deferrals } = workspace;
  const deferred = deferrals.deferredOf(dy);
  workspace.address(y);
  const dx = workspace.output(y.shape);
  if (deferred && !deferred.squared) {
    const size = util.sizeFromShape(y.shape);
    deferrals.compute(deferred.affine, size, workspace.address(dx), { mask: y.dataId });
    return dx;
  }
  const addresses = [y, dy, dx].map((tensor) => workspace.address(tensor));
  const size = util.sizeFromShape(y.shape);
  workspace.run('reluGrad', [...addresses, size], size);
  return dx;
}

/** Mean and biased variance of each channel (the last axis). */
export function batchMoments(workspace: Workspace, x: TensorInfo): [TensorInfo, TensorInfo] {
  const [rows, channels] = flatten(x);
  const mean = workspace.output([channels]);
  const variance = workspace.output([channels]);
  const partBytes = align16(PARTS * channels * 16);
  const perThread = align16(channels * 12);
  const sums = workspace.scratch(partBytes + perThread * workspace.pool.threads);
  const words = [workspace.address(x), sums, rows, channels, PARTS, sums + partBytes, perThread];
  workspace.run('batchMoments', words, 2 * rows * channels);
  const addresses = [mean, variance].map((tensor) => workspace.address(tensor));
  workspace.runSmall('batchMomentsMerge', [sums, ...addresses, rows, channels, PARTS]);
  return [mean, variance];
}

/**
 * The gradients of batch normalisation in training: of the input, the scale and the offset. The gradient of the input
 * is a deferred expression of dy and x.
 */
export function batchNormGradient(
  workspace: Workspace,
  inputs: Readonly<Record<'x' | 'dy' | 'mean' | 'variance' | 'scale', TensorInfo>>,
  epsilon: number,
): [TensorInfo, TensorInfo, TensorInfo] {
  const { x, dy, mean, variance, scale } = inputs;
  const [rows, channels] = flatten(x);
  const dScale = workspace.output([channels]);
  const dOffset = workspace.output([channels]);
  const partBytes = align16(PARTS * channels * 16);
  const coefficientBytes = align16(channels * 12);
  const perThread = align16(channels * 8);
  const sums = workspace.scratch(partBytes + coefficientBytes + perThread * workspace.pool.threads);
  const coefficients = sums + partBytes;
  const at = (tensor: TensorInfo) => workspace.address(tensor);
  const words = [at(x), at(dy), at(mean), sums, rows, channels, PARTS, coefficients + coefficientBytes, perThread];
  workspace.run('batchNormSums', words, 2 * rows * channels);
  workspace.runSmall('batchNormCoefficients', [
    ...[sums, at(mean), at(variance), at(scale), at(dOffset), at(dScale), coefficients],
    ...[rows, channels, PARTS, float32Bits(epsilon)],
  ]);
  const [a, b, c] = [0, 1, 2].map((i) => workspace.floats(coefficients + 4 * i * channels, channels));
  const terms = [
    { dataId: dy.dataId, factor: a },
    { dataId: x.dataId, factor: b },
  ];
  return [workspace.deferrals.deferOrCompute(x.shape, { terms, constant: c }), dScale, dOffset];
}

/** Σ dy and Σ dy · (x − mean) of each channel. */
export function batchNormSums(
  workspace: Workspace,
  { x, dy, mean }: Readonly<Record<'x' | 'dy' | 'mean', TensorInfo>>,
): { readonly sum: Float64Array; readonly products: Float64Array } {
  const [rows, channels] = flatten(x);
  const partBytes = align16(PARTS * channels * 16);
  const totalBytes = align16(channels * 16);
  const perThread = align16(channels * 8);
  const [from, gradient, means] = [x, dy, mean].map((tensor) => workspace.address(tensor));
  const sums = workspace.scratch(partBytes + totalBytes + perThread * workspace.pool.threads);
  const totals = sums + partBytes;
  const words = [from, gradient, means, sums, rows, channels, PARTS, totals + totalBytes, perThread];
  workspace.run('batchNormSums', words, 2 * rows * channels);
  workspace.runSmall('batchNormTotals', [sums, totals, channels, PARTS]);
  const values = workspace.doubles(totals, 2 * channels);
  return { sum: values.subarray(0, channels), products: values.subarray(channels) };
}

/** Returns a mean loss over the rows of scores, and its gradient with respect to the scores. */
export function lossAndGradient(
  workspace: Workspace,
  kernel: 'softmaxCrossEntropy' | 'squaredHinge',
  scores: TensorInfo,
  targets: TensorInfo,
): [TensorInfo, TensorInfo] {
  const loss = workspace.output([]);
  const gradient = workspace.output(scores.shape);
  const addresses = [scores, targets, loss, gradient].map((tensor) => workspace.address(tensor));
  workspace.runSmall(kernel, [...addresses, ...flatten(scores)]);
  return [loss, gradient];
}

/** y = x / keep where {@link dropoutKeeps} the element, else 0. */
export function dropout(workspace: Workspace, x: TensorInfo, rate: number, seed: number): TensorInfo {
  const y = workspace.output(x.shape);
  workspace.run('dropout', [
    ...[workspace.address(x), workspace.address(y), util.sizeFromShape(x.shape), seed | 0],
    ...[dropoutThreshold(rate), float32Bits(1 / (1 - rate))],
  ]);
  return y;
}

/** Returns how many of the 2²⁴ possible hashes keep an element. */
export function dropoutThreshold(rate: number): number {
  return Math.round((1 - rate) * 16777216);
}

/** Whether dropout keeps element i. This depends only on the seed and is the same on every backend. */
export function dropoutKeeps(i: number, seed: number, threshold: number): boolean {
  let h = Math.imul(i, 0x9e3779b1) ^ seed;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 8 < threshold;
}

function flatten(x: TensorInfo): [rows: number, channels: number] {
  const channels = x.shape[x.shape.length - 1];
  return [util.sizeFromShape(x.shape) / channels, channels];
}
