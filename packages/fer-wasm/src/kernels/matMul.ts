import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Workspace } from '../heap.js';
import type { KernelCall, OwnKernel } from './register.js';

/** Depth of a pass over k, as in assembly/matmul.ts. */
const DEPTH = 1024;

export interface MatMul {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Whether all products of a batch share the one matrix. */
  readonly sharedA?: boolean;
  readonly sharedB?: boolean;
  /** Address of n floats, or 0. */
  readonly bias?: number;
  readonly relu?: boolean;
}

/** C = op(A)·op(B) (+ bias) (ReLU), all addresses. */
export function matMul(workspace: Workspace, a: number, b: number, c: number, shape: MatMul): void {
  const { batch, m, n, k, transposeA, transposeB, sharedA, sharedB, bias = 0, relu } = shape;
  const perThread = 4096 + 256 + 32 * Math.min(k, DEPTH);
  workspace.run('matMul', [
    ...[a, b, c, bias, workspace.scratch(perThread * workspace.pool.threads), perThread, batch, m, n, k],
    ...[Number(transposeA ?? false), Number(transposeB ?? false)],
    ...[sharedA ? 0 : m * k * 4, sharedB ? 0 : k * n * 4, Number(relu ?? false)],
  ]);
}

const run = (workspace: Workspace, { inputs, attrs }: KernelCall): TensorInfo | undefined => {
  const { a, b, bias, preluActivationWeights } = inputs;
  const { transposeA, transposeB, activation = 'linear' } = attrs as Record<string, boolean | string>;
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || preluActivationWeights) return undefined;
  if (activation !== 'linear' && activation !== 'relu') return undefined;
  const [rowsA, columnsA] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [depthB, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  const batchA = util.sizeFromShape(a.shape.slice(0, -2));
  const batchB = util.sizeFromShape(b.shape.slice(0, -2));
  const batch = Math.max(batchA, batchB);
  if (k !== depthB || (batchA !== batchB && batchA !== 1 && batchB !== 1)) return undefined;
  if (batch * m * n * k === 0) return undefined;
  if (bias && (bias.dtype !== 'float32' || util.sizeFromShape(bias.shape) !== n)) return undefined;
  const outer = batchA >= batchB ? a.shape.slice(0, -2) : b.shape.slice(0, -2);
  const out = workspace.output([...outer, m, n]);
  matMul(workspace, workspace.address(a), workspace.address(b), workspace.address(out), {
    ...{ batch, m, n, k },
    transposeA: Boolean(transposeA),
    transposeB: Boolean(transposeB),
    sharedA: batchA === 1,
    sharedB: batchB === 1,
    bias: bias ? workspace.address(bias) : 0,
    relu: activation === 'relu',
  });
  return out;
};

/** matMul in all four transposes, batched, with bias and ReLU. */
export const matMulKernels: Readonly<Record<string, OwnKernel>> = { BatchMatMul: run, _FusedMatMul: run };
