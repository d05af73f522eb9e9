import * as tf from '@tensorflow/tfjs-core';
import * as wasm from 'fer-wasm';
import { type Call, type Calls, call } from './call.js';
import { holdsPromises } from './properties.js';

/** Calls an op with tensors made for it, in place of a name of one among its arguments, and frees what it returns. */
function op(target: (...args: never[]) => unknown, args: readonly unknown[], rest: Partial<Call> = {}): Call {
  const tensors: Readonly<Record<string, () => tf.Tensor>> = {
    images: () => tf.ones([1, 4, 4, 2]),
    filters: () => tf.ones([3, 3, 2, 2]),
    rows: () => tf.ones([3, 2]),
    matrix: () => tf.ones([2, 2]),
    vector: () => tf.ones([2]),
    variable: () => tf.variable(tf.ones([2])),
  };
  const made = (value: unknown): unknown => {
    if (typeof value === 'string' && value in tensors) return tensors[value]();
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, made(inner)]));
  };
  const run = (...given: readonly unknown[]) => {
    const used: unknown[] = [];
    try {
      tf.tidy(() => {
        used.push(...given.map(made));
        (target as (...args: readonly unknown[]) => void)(...used);
      });
    } finally {
      for (const value of used) if (value instanceof tf.Variable) value.dispose();
      for (const value of used) {
        if (typeof value !== 'object' || value === null) continue;
        for (const inner of Object.values(value)) if (inner instanceof tf.Variable) inner.dispose();
      }
    }
  };
  return call(run as Call['call'], () => args, rest);
}

/** Makes an optimiser and frees it. */
function optimizer(make: (learningRate: number, options: never) => wasm.SlotOptimizer): Call {
  return call(make, () => [0.1, {}], { options: 1 });
}

const CLASSES = 'made by the function of its name, which is tried';

const WASM: Calls = {
  AdamOptimizer: CLASSES,
  AdamWOptimizer: CLASSES,
  MomentumOptimizer: CLASSES,
  RmspropOptimizer: CLASSES,
  SlotOptimizer: CLASSES,
  WasmError: 'its arguments are what the package wants to say',
  adam: optimizer(wasm.adam),
  adamStep: op(
    wasm.adamStep,
    ['variable', 'vector', { first: 'variable', second: 'variable' }, { learningRate: 0.1, step: 1 }],
    { options: 3 },
  ),
  adamW: optimizer(wasm.adamW),
  averageStep: op(wasm.averageStep, ['variable', 'vector', 0.9]),
  batchNormInference: op(wasm.batchNormInference, [
    'images',
    { scale: 'vector', offset: 'vector' },
    { mean: 'vector', variance: 'vector' },
    1e-3,
  ]),
  batchNormTraining: op(wasm.batchNormTraining, ['images', { scale: 'vector', offset: 'vector' }, 1e-3]),
  conv2d: op(wasm.conv2d, ['images', { kernel: 'filters', bias: 'vector' }, {}], { options: 2 }),
  dense: op(wasm.dense, ['rows', { kernel: 'matrix', bias: 'vector' }, 'relu']),
  dropout: op(wasm.dropout, ['rows', 0.5, 1]),
  momentum: optimizer(wasm.momentum),
  momentumStep: op(wasm.momentumStep, ['variable', 'vector', 'variable', { learningRate: 0.1, momentum: 0.9 }], {
    options: 3,
  }),
  recordInference: call(
    (...args: Parameters<typeof wasm.recordInference>) => wasm.recordInference(...args).recording?.dispose(),
    () => [Float32Array.of(1, 2), [2], [], (x: tf.Tensor) => tf.add(x, 1)],
  ),
  rmsprop: optimizer(wasm.rmsprop),
  rmspropStep: op(
    wasm.rmspropStep,
    ['variable', 'vector', 'variable', { learningRate: 0.1, decay: 0.9, epsilon: 1e-7 }],
    { options: 3 },
  ),
  softmaxCrossEntropy: op(wasm.softmaxCrossEntropy, ['rows', 'rows']),
  squaredHinge: op(wasm.squaredHinge, ['rows', 'rows']),
  useBest: call(wasm.useBest, () => [{ threads: 1 }], { options: 0 }),
  useWasm: call(wasm.useWasm, () => [{ threads: 1 }], { options: 0 }),
  windowMeans: op(wasm.windowMeans, ['images', 3]),
};

holdsPromises('fer-wasm', wasm, WASM);
