import { backend_util, cast, div, equal, mul, reshape, sum, type Tensor, util } from '@tensorflow/tfjs-core';
import type { OwnGradient, OwnGradients } from './gradient.js';

/**
 * Gradient of the largest or smallest element. Equal elements share dy evenly, as in TensorFlow and PyTorch; upstream
 * gives the whole dy to each of them.
 */
const shared =
  (axesName: string): OwnGradient =>
  ({ dy, saved: [x, y], attrs }) => {
    const axes = util.parseAxisParam(attrs[axesName] as number | number[], x.shape);
    const kept = (tensor: Tensor) =>
      reshape(
        tensor,
        backend_util.expandShapeToKeepDim(tensor.shape.length < x.rank ? tensor.shape : squeezed(x, axes), axes),
      );
    return {
      x: () => {
        const hits = cast(equal(x, kept(y)), 'float32');
        return mul(div(kept(dy), sum(hits, axes, true)), hits);
      },
    };
  };

/** Returns the shape of x without some axes. */
function squeezed(x: Tensor, axes: readonly number[]): number[] {
  return x.shape.filter((_, axis) => !axes.includes(axis));
}

/** Gradients of the largest and the smallest element. */
export const extremeGradients: OwnGradients = { Max: shared('reductionIndices'), Min: shared('axis') };
