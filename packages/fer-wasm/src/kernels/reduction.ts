import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { align16, type Workspace } from '../heap.js';
import { checkShape, type OwnKernel, type OwnKernels } from './kernel.js';

/** How many parts a long reduction is cut into, whatever the number of threads. */
export const PARTS = 32;

/** The sum of each column of a rows × columns matrix; all addresses. */
export function columnSums(workspace: Workspace, x: number, sums: number, rows: number, columns: number): void {
  const partBytes = align16(PARTS * columns * 8);
  const perThread = align16(columns * 4);
  const parts = workspace.scratch(partBytes + perThread * workspace.pool.threads);
  workspace.run('partSums', [x, parts, rows, columns, PARTS, parts + partBytes, perThread]);
  workspace.runSmall('partSumsMerge', [parts, sums, columns, PARTS]);
}

/** The gradient of a bias: the sum over all axes but the last. Other reductions stay with upstream. */
const sum: OwnKernel = (workspace, { inputs, attrs }) => {
  const { x } = inputs;
  const axes = util.parseAxisParam(attrs.axis as number | number[], x.shape);
  const rank = x.shape.length;
  const leading = rank > 1 && axes.length === rank - 1 && axes.every((axis) => axis < rank - 1);
  if (!leading || x.dtype !== 'float32' || util.sizeFromShape(x.shape) === 0) return undefined;
  const columns = x.shape[rank - 1];
  const rows = util.sizeFromShape(x.shape) / columns;
  const out: TensorInfo = workspace.output(attrs.keepDims ? [...Array(rank - 1).fill(1), columns] : [columns]);
  columnSums(workspace, workspace.address(x), workspace.address(out), rows, columns);
  return out;
};

/** The gradient of a gather, missing upstream. */
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

/** Sums over leading axes, and by segment. */
export const reductionKernels: OwnKernels = { Sum: sum, UnsortedSegmentSum: segmentSum };
