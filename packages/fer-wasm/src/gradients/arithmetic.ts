import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { batchNormSums, reluGradient } from '../kernels/fused.js';
import { reductionOf } from '../kernels/reduction.js';
import { runOwn } from '../ops/own.js';
import { float32Bits } from '../pool.js';
import type { OwnGradient, OwnGradients } from './gradient.js';

/**
 * ReLU's gradient from its output, in one pass; a deferred dy is computed in the same pass. Upstream takes three
 * passes.
 */
const relu: OwnGradient = ({ dy, saved: [y] }) => ({
  x: () => runOwn<Tensor>({ y, dy }, (workspace) => reluGradient(workspace, y, dy)),
});

/** Gradient of a sum or a mean over adjacent axes: dy, broadcast. Upstream multiplies a tensor of ones by dy. */
const spread =
  (mean: boolean): OwnGradient =>
  ({ dy, saved: [x], attrs }) => {
    const over = reductionOf(x.shape, attrs.axis as number[], true);
    if (!over || dy.dtype !== 'float32' || x.size === 0) return undefined;
    const { outer, middle, inner } = over;
    const factor = mean ? 1 / middle : 1;
    return {
      x: () =>
        runOwn<Tensor>({ dy }, (workspace) => {
          const { deferrals } = workspace;
          if (outer === 1 && inner === x.shape[x.rank - 1] && deferrals.suits(x.shape)) {
            const constant = Float64Array.from(workspace.values(dy), (value) => value * factor);
            return deferrals.defer(x.shape, { terms: [], constant });
          }
          const out = workspace.output(x.shape);
          const [from, to] = [dy, out].map((tensor) => workspace.address(tensor));
          workspace.run('spreadMiddle', [from, to, outer, middle, inner, float32Bits(factor)]);
          return out;
        }),
    };
  };

/** Gradient of a square: 2·x·dy, where x or dy may be deferred. */
const square: OwnGradient = ({ dy, saved: [x] }) => {
  if (x.dtype !== 'float32') return undefined;
  return { x: () => mul(mul(dy, x), 2) };
};

/** The values from which the gradients of a batch normalisation's parameters are computed. */
interface Channel {
  readonly gamma: number;
  /** 1 / √(variance + ε). */
  readonly deviation: number;
  /** Σ dy. */
  readonly sum: number;
  /** Σ dy · (x − mean). */
  readonly products: number;
}

/**
 * Gradient of batch normalisation, with the gradients through the batch's statistics. Two passes over memory compute
 * the sums. The gradient of x is deferred, and folds into the sum with the statistics' gradients.
 */
const batchNorm: OwnGradient = ({ dy, saved: [x, mean, variance, scale], attrs }) => {
  const channels = x.shape[x.rank - 1];
  const vectors = [mean, variance, ...(scale ? [scale] : [])];
  if (x.size === 0 || vectors.some(({ rank, size }) => rank !== 1 || size !== channels)) return undefined;
  const inputs = { x, dy, mean, variance, ...(scale ? { scale } : {}) };
  const epsilon = attrs.varianceEpsilon as number;
  let sums: ReturnType<typeof batchNormSums> | undefined;
  // tfjs requests each gradient in its own scope, so what they share must not be a tensor.
  const vector = (of: (channel: Channel) => number) =>
    runOwn<Tensor>(inputs, (workspace) => {
      sums ??= batchNormSums(workspace, { x, dy, mean });
      const { sum, products } = sums;
      const gamma = scale && workspace.values(scale);
      const values = Float64Array.from(workspace.values(variance), (value, c) =>
        of({ gamma: gamma?.[c] ?? 1, deviation: 1 / Math.sqrt(value + epsilon), sum: sum[c], products: products[c] }),
      );
      return workspace.tensorOf([channels], values);
    });
  return {
    x: () =>
      runOwn<Tensor>(inputs, (workspace) => {
        const { deferrals } = workspace;
        const gamma = scale && workspace.values(scale);
        const factor = Float64Array.from(
          workspace.values(variance),
          (value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + epsilon),
        );
        const affine = deferrals.fold(dy, factor) ?? {
          terms: [{ dataId: dy.dataId, factor }],
          constant: new Float64Array(channels),
        };
        if (deferrals.suits(x.shape)) return deferrals.defer(x.shape, affine);
        const dx = workspace.output(x.shape);
        deferrals.compute(affine, x.size, workspace.address(dx));
        return dx;
      }),
    mean: () => vector(({ gamma, deviation, sum }) => -deviation * gamma * sum),
    variance: () => vector(({ gamma, deviation, products }) => -0.5 * deviation ** 3 * gamma * products),
    scale: () => vector(({ deviation, products }) => deviation * products),
    offset: () => vector(({ sum }) => sum),
  };
};

/** Gradients of operations that work element by element or channel by channel. */
export const arithmeticGradients: OwnGradients = {
  Relu: relu,
  Sum: spread(false),
  Mean: spread(true),
  Square: square,
  FusedBatchNorm: batchNorm,
};
