import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Affine } from '../deferred.js';
import type { Workspace } from '../heap.js';
import type { OwnKernel, OwnKernels } from './kernel.js';

/** Operations of assembly/binary.ts. */
const OPERATIONS = { Add: 0, Sub: 1, Multiply: 2, RealDiv: 3, SquaredDifference: 4, Maximum: 5 } as const;
type Operation = keyof typeof OPERATIONS;

/** For smaller tensors upstream's kernel runs, if ours would only add threads. */
const FEWEST_ELEMENTS = 8192;
/** With more channels, the coefficients of a small tensor would take as long as the tensor. */
const MOST_CHANNELS = 8192;
/** The most axes that the kernel loops over. */
const MOST_AXES = 3;

/** Adjacent axes along which both operands either advance or repeat. */
interface Run {
  size: number;
  readonly a: boolean;
  readonly b: boolean;
}

/** Returns the axes of a broadcast, with adjacent axes merged if possible. */
function runsOf(a: readonly number[], b: readonly number[], out: readonly number[]): Run[] {
  const runs: Run[] = [];
  out.forEach((size, axis) => {
    if (size === 1) return;
    const moves = (shape: readonly number[]) => (shape[axis - out.length + shape.length] ?? 1) === size;
    const [movesA, movesB] = [moves(a), moves(b)];
    const last = runs[runs.length - 1];
    if (last && last.a === movesA && last.b === movesB) last.size *= size;
    else runs.push({ size, a: movesA, b: movesB });
  });
  return runs;
}

/** Computes a broadcast operation. Returns `undefined` if it has too many axes. */
function compute(workspace: Workspace, operation: Operation, a: TensorInfo, b: TensorInfo): TensorInfo | undefined {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const size = util.sizeFromShape(shape);
  const runs = runsOf(a.shape, b.shape, shape);
  if (size === 0 || runs.length > MOST_AXES) return undefined;
  while (runs.length < MOST_AXES) runs.unshift({ size: 1, a: false, b: false });
  const steps = (operand: 'a' | 'b') =>
    runs.map((run, i) =>
      run[operand] ? runs.slice(i + 1).reduce((step, inner) => step * (inner[operand] ? inner.size : 1), 1) : 0,
    );
  const out = workspace.output(shape);
  const words = [
    OPERATIONS[operation],
    ...[a, b, out].map((tensor) => workspace.address(tensor)),
    ...runs.map((run) => run.size),
    ...steps('a'),
    ...steps('b'),
  ];
  workspace.run('binary', words, size);
  return out;
}

/**
 * Returns one number per channel, from a tensor that holds a single number or one for each element of the last axis.
 */
function perChannel(workspace: Workspace, tensor: TensorInfo, channels: number): Float64Array | undefined {
  const size = util.sizeFromShape(tensor.shape);
  if (size === 1) return new Float64Array(channels).fill(workspace.values(tensor)[0]);
  if (size !== channels || tensor.shape[tensor.shape.length - 1] !== channels) return undefined;
  return Float64Array.from(workspace.values(tensor));
}

/** Returns a sum or difference as a deferred tensor. */
function deferSum(workspace: Workspace, a: TensorInfo, b: TensorInfo, sign: 1 | -1): TensorInfo | undefined {
  const { deferrals } = workspace;
  if (util.arraysEqual(a.shape, b.shape)) {
    if (!deferrals.suits(a.shape)) return undefined;
    const sum = deferrals.sum(a, b, sign);
    return sum && deferrals.defer(a.shape, sum);
  }
  const [full, other] = util.sizeFromShape(a.shape) >= util.sizeFromShape(b.shape) ? [a, b] : [b, a];
  if (!deferrals.suits(full.shape) || other.shape.length > full.shape.length) return undefined;
  const channels = full.shape[full.shape.length - 1];
  const values = perChannel(workspace, other, channels);
  if (!values) return undefined;
  const negated = full === b && sign === -1 ? new Float64Array(channels).fill(-1) : undefined;
  const shift = full === a && sign === -1 ? values.map((value) => -value) : values;
  const sum = deferrals.fold(full, negated, shift);
  return sum && deferrals.defer(full.shape, sum);
}

/** Returns a product with one number per channel as a deferred tensor. */
function deferProduct(workspace: Workspace, a: TensorInfo, b: TensorInfo): TensorInfo | undefined {
  const { deferrals } = workspace;
  const [full, other] = util.sizeFromShape(a.shape) >= util.sizeFromShape(b.shape) ? [a, b] : [b, a];
  if (!deferrals.suits(full.shape) || other.shape.length > full.shape.length) return undefined;
  const constants = [
    [a, b],
    [b, a],
  ].find(([constant]) => isConstant(deferrals.deferredOf(constant)?.affine));
  if (constants && util.arraysEqual(a.shape, b.shape)) {
    const [constant, factor] = constants;
    const product = deferrals.fold(factor, deferrals.asAffine(constant).constant);
    return product && deferrals.defer(a.shape, product);
  }
  const values = perChannel(workspace, other, full.shape[full.shape.length - 1]);
  const product = values && deferrals.fold(full, values);
  return product && deferrals.defer(full.shape, product);
}

/** Whether an expression is the same in every row. */
function isConstant(affine: Affine | undefined): boolean {
  return affine !== undefined && affine.terms.length === 0;
}

const arithmetic =
  (
    operation: Operation,
    defer?: (workspace: Workspace, a: TensorInfo, b: TensorInfo) => TensorInfo | undefined,
  ): OwnKernel =>
  (workspace, { inputs: { a, b } }) => {
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
    return defer?.(workspace, a, b) ?? compute(workspace, operation, a, b);
  };

const elementwise = (workspace: Workspace, operation: number, x: TensorInfo): TensorInfo | undefined => {
  const size = util.sizeFromShape(x.shape);
  if (x.dtype !== 'float32' || size < FEWEST_ELEMENTS) return undefined;
  const out = workspace.output(x.shape);
  workspace.run('unary', [operation, workspace.address(x), workspace.address(out), size], size);
  return out;
};

/**
 * Squared deviations from a mean are deferred until the variance is requested, which follows from statistics that are
 * known by then.
 */
const square: OwnKernel = (workspace, { inputs: { x } }) => {
  const { deferrals } = workspace;
  const deferred = deferrals.deferredOf(x);
  if (deferred && !deferred.squared && deferrals.meanOf({ affine: deferred.affine, squared: true })) {
    return deferrals.defer(x.shape, deferred.affine, true);
  }
  return elementwise(workspace, 0, x);
};

const sqrt: OwnKernel = (workspace, { inputs: { x } }) => elementwise(workspace, 1, x);

/** ReLU; a deferred input is computed in the same pass. */
const relu: OwnKernel = (workspace, { inputs: { x } }) => {
  const { deferrals } = workspace;
  const size = util.sizeFromShape(x.shape);
  if (x.dtype !== 'float32' || size === 0 || x.shape.length < 2 || x.shape[x.shape.length - 1] > MOST_CHANNELS) {
    return undefined;
  }
  const affine = deferrals.asAffine(x);
  const out = workspace.output(x.shape);
  deferrals.compute(affine, size, workspace.address(out), { relu: true });
  return out;
};

/** Casting to the same type shares the data; upstream copies it. */
const cast: OwnKernel = ({ backend }, { inputs: { x }, attrs: { dtype } }) => {
  if (x.dtype !== dtype || dtype === 'string') return undefined;
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};

/** Normalisation by given statistics is one factor and one shift per channel. */
const batchNorm: OwnKernel = (workspace, { inputs: { x, mean, variance, offset, scale }, attrs }) => {
  const { deferrals } = workspace;
  const channels = x.shape[x.shape.length - 1];
  const vectors = [mean, variance, offset, scale].filter(Boolean);
  const size = util.sizeFromShape(x.shape);
  if (x.dtype !== 'float32' || size === 0) return undefined;
  if (vectors.some(({ shape, dtype }) => dtype !== 'float32' || shape.length !== 1 || shape[0] !== channels)) {
    return undefined;
  }
  const [m, v] = [mean, variance].map((tensor) => workspace.values(tensor));
  const gamma = scale && workspace.values(scale);
  const beta = offset && workspace.values(offset);
  const epsilon = attrs.varianceEpsilon as number;
  const factor = Float64Array.from(v, (value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + epsilon));
  const shift = factor.map((value, c) => (beta?.[c] ?? 0) - m[c] * value);
  const affine = deferrals.fold(x, factor, shift);
  return affine && deferrals.deferOrCompute(x.shape, affine);
};

/** Arithmetic with broadcasting, and the operations that can be deferred. */
export const arithmeticKernels: OwnKernels = {
  Add: arithmetic('Add', (workspace, a, b) => deferSum(workspace, a, b, 1)),
  Sub: arithmetic('Sub', (workspace, a, b) => deferSum(workspace, a, b, -1)),
  Multiply: arithmetic('Multiply', deferProduct),
  RealDiv: arithmetic('RealDiv'),
  SquaredDifference: arithmetic('SquaredDifference'),
  Maximum: arithmetic('Maximum'),
  Square: square,
  Sqrt: sqrt,
  Relu: relu,
  Cast: cast,
  FusedBatchNorm: batchNorm,
};
