import { util } from '@tensorflow/tfjs-core';
import type { Workspace } from '../heap.js';
import { activate, activationOf, addTo } from './activation.js';
import type { OwnKernel, OwnKernels } from './kernel.js';

/** Depth of a pass over k, as in assembly/matmul.ts. */
const DEPTH = 1024;

/** Up to this many rows, reading B once for every two rows takes less time than packing it. */
const FEW_ROWS = 4;

export interface MatMul {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Whether all products of a batch use the same left matrix. */
  readonly sharedA?: boolean;
  readonly sharedB?: boolean;
  /** Address of n floats, or 0. */
  readonly bias?: number;
  readonly relu?: boolean;
}

/** C = op(A)·op(B) (+ bias) (ReLU). All operands are addresses. */
export function matMul(workspace: Workspace, a: number, b: number, c: number, shape: MatMul): void {
  const { batch, m, n, k, transposeA, transposeB, sharedA, sharedB, bias = 0, relu } = shape;
  if (m <= FEW_ROWS && batch === 1 && !transposeA && !transposeB) {
    for (let row = 0; row < m; row += 2) {
      const rows = Math.min(2, m - row);
      const [from, to] = [a + 4 * row * k, c + 4 * row * n];
      workspace.run(rows === 2 ? 'vecMat2' : 'vecMat', [from, b, to, bias, n, k, Number(relu ?? false)], rows * n * k);
    }
    return;
  }
  const perThread = 4096 + 256 + 32 * Math.min(k, DEPTH);
  workspace.run('matMul', [
    ...[a, b, c, bias, workspace.scratch(perThread * workspace.pool.threads), perThread, batch, m, n, k],
    ...[Number(transposeA ?? false), Number(transposeB ?? false)],
    ...[sharedA ? 0 : m * k * 4, sharedB ? 0 : k * n * 4, Number(relu ?? false)],
  ]);
}

const run: OwnKernel = (workspace, call) => {
  const { a, b, bias } = call.inputs;
  const { transposeA, transposeB } = call.attrs;
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const [rowsA, columnsA] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [depthB, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [batchA, batchB] = [util.sizeFromShape(outerA), util.sizeFromShape(outerB)];
  const batch = Math.max(batchA, batchB);
  // Upstream handles all other broadcasting of the batches.
  if (k !== depthB || (!util.arraysEqual(outerA, outerB) && batchA !== 1 && batchB !== 1)) return undefined;
  if (batch * m * n * k === 0) return undefined;
  const outer = batchA > batchB || (batchA === batchB && outerA.length >= outerB.length) ? outerA : outerB;
  const out = workspace.output([...outer, m, n]);
  const relu = activationOf(call) === 'relu';
  const fusedBias = !bias || (bias.dtype === 'float32' && util.sizeFromShape(bias.shape) === n);
  matMul(workspace, workspace.address(a), workspace.address(b), workspace.address(out), {
    batch,
    m,
    n,
    k,
    transposeA: Boolean(transposeA),
    transposeB: Boolean(transposeB),
    sharedA: batchA === 1,
    sharedB: batchB === 1,
    bias: bias && fusedBias ? workspace.address(bias) : 0,
    relu: relu && fusedBias,
  });
  const sum = bias && !fusedBias ? addTo(workspace, out, bias) : out;
  return relu && fusedBias ? sum : activate(workspace, sum, call);
};

/** Matrix products with any transposition, batched, with bias and activation. */
export const matMulKernels: OwnKernels = { BatchMatMul: run, _FusedMatMul: run };
