import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { align16, type Workspace } from '../heap.js';
import { float32Bits } from '../pool.js';
import { batchMoments } from './fused.js';
import { checkShape, type OwnKernel, type OwnKernels } from './kernel.js';
import { PARTS } from './parts.js';

/** Sums each column of a rows × columns matrix. Operands are addresses. */
export function columnSums(workspace: Workspace, x: number, sums: number, rows: number, columns: number): void {
  const partBytes = align16(PARTS * columns * 8);
  const perThread = align16(columns * 4);
  const parts = workspace.scratch(partBytes + perThread * workspace.pool.threads);
  workspace.run('partSums', [x, parts, rows, columns, PARTS, parts + partBytes, perThread]);
  workspace.runSmall('partSumsMerge', [parts, sums, columns, PARTS]);
}

/** A reduction over adjacent axes: outer × middle × inner, of which the middle is reduced. */
export interface Reduction {
  readonly outer: number;
  readonly middle: number;
  readonly inner: number;
  /** The shape of the result. */
  readonly shape: readonly number[];
}

/** Returns a reduction over adjacent axes, or `undefined`. */
export function reductionOf(
  shape: readonly number[],
  axis: number | number[] | undefined,
  keepDims: boolean,
): Reduction | undefined {
  const axes = util.parseAxisParam(axis as number | number[], [...shape]).sort((a, b) => a - b);
  const [first, last] = [axes[0] ?? 0, axes[axes.length - 1] ?? -1];
  if (axes.length === 0 || last - first + 1 !== axes.length) return undefined;
  return {
    outer: util.sizeFromShape(shape.slice(0, first)),
    middle: util.sizeFromShape(shape.slice(first, last + 1)),
    inner: util.sizeFromShape(shape.slice(last + 1)),
    shape: shape.flatMap((size, i) => (i < first || i > last ? [size] : keepDims ? [1] : [])),
  };
}

/** Sum or mean over adjacent axes. Upstream handles all others. */
const reduction =
  (mean: boolean): OwnKernel =>
  (workspace, { inputs: { x }, attrs }) => {
    const { deferrals } = workspace;
    const size = util.sizeFromShape(x.shape);
    if (x.dtype !== 'float32' || size === 0) return undefined;
    const over = reductionOf(x.shape, attrs.axis as number[], Boolean(attrs.keepDims));
    if (!over) return undefined;
    const { outer, middle, inner, shape } = over;
    const channelwise = outer === 1 && inner === x.shape[x.shape.length - 1] && deferrals.suits(x.shape);
    if (channelwise) {
      const deferred = deferrals.deferredOf(x);
      const known = deferred && deferrals.meanOf(deferred);
      if (known) return workspace.tensorOf(shape, mean ? known : known.map((value) => value * middle));
    }
    if (channelwise && mean) return channelMeans(workspace, x, shape);
    const out = workspace.output(shape);
    const [from, to] = [x, out].map((tensor) => workspace.address(tensor));
    const factor = mean ? 1 / middle : 1;
    if (outer === 1 && inner > 1 && !mean) {
      columnSums(workspace, from, to, middle, inner);
      return out;
    }
    const perThread = align16(inner * 12);
    const scratch = workspace.scratch(perThread * workspace.pool.threads);
    const words = [from, to, outer, middle, inner, float32Bits(factor), scratch, perThread];
    workspace.run('sumMiddle', words, size);
    return out;
  };

/**
 * Computes the mean of each channel. The same pass yields the variance, which is stored, because code that needs one
 * usually needs the other.
 */
function channelMeans(workspace: Workspace, x: TensorInfo, shape: readonly number[]): TensorInfo {
  workspace.address(x);
  const [mean, variance] = batchMoments(workspace, x);
  workspace.deferrals.setStatistics(x, {
    mean: Float64Array.from(workspace.values(mean)),
    variance: Float64Array.from(workspace.values(variance)),
  });
  workspace.release(variance);
  return { ...mean, shape: [...shape] };
}

/** The gradient of a gather, which upstream lacks. */
const segmentSum: OwnKernel = (workspace, { name, inputs: { x, segmentIds }, attrs }) => {
  const numSegments = attrs.numSegments as number;
  if (x.dtype !== 'float32' || segmentIds.dtype !== 'int32' || segmentIds.shape.length !== 1) return undefined;
  const rows = segmentIds.shape[0];
  checkShape(name, 'segmentIds', segmentIds.shape, x.shape.slice(0, 1));
  const columns = util.sizeFromShape(x.shape.slice(1));
  const out = workspace.output([numSegments, ...x.shape.slice(1)]);
  const addresses = [x, segmentIds, out].map((tensor) => workspace.address(tensor));
  workspace.run('segmentSum', [...addresses, rows, columns, numSegments]);
  return out;
};

/** Sums and means, and sums by segment. */
export const reductionKernels: OwnKernels = {
  Sum: reduction(false),
  Mean: reduction(true),
  UnsortedSegmentSum: segmentSum,
};
