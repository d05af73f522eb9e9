import { add, type NamedAttrMap, pad, reverse, slice, type Tensor } from '@tensorflow/tfjs-core';
import { WasmError } from '../errors.js';
import type { OwnGradient, OwnGradients } from './gradient.js';

/**
 * Gradient of mirror padding: the gradient of the border is added to the elements that it mirrors. Upstream drops it.
 */
const mirrorPad: OwnGradient = ({ dy, saved: [x], attrs }) => {
  const { paddings, mode } = attrs as unknown as { paddings: [number, number][]; mode: 'reflect' | 'symmetric' };
  // The first mirrored element: 'reflect' skips the element at the edge.
  const offset = mode === 'reflect' ? 1 : 0;
  return {
    x: () =>
      paddings.reduce<Tensor>((gradient, [before, after], axis) => {
        const size = x.shape[axis];
        const part = (from: number, count: number) => {
          const begin = gradient.shape.map((_, i) => (i === axis ? from : 0));
          return slice(
            gradient,
            begin,
            gradient.shape.map((length, i) => (i === axis ? count : length)),
          );
        };
        const placed = (mirrored: Tensor, from: number) => {
          const around = mirrored.shape.map((count, i) => (i === axis ? [from, size - from - count] : [0, 0]));
          return pad(reverse(mirrored, axis), around as [number, number][]);
        };
        let sum = part(before, size);
        if (before > 0) sum = add(sum, placed(part(0, before), offset));
        if (after > 0) sum = add(sum, placed(part(before + size, after), size - offset - after));
        return sum;
      }, dy),
  };
};

/** Gradient of resizing with half-pixel centres. Upstream computes it as if without them, so it throws here. */
const resize: OwnGradient = ({ attrs }) => {
  if (!(attrs as NamedAttrMap).halfPixelCenters) return undefined;
  throw new WasmError(
    'UNSUPPORTED',
    'The gradient of resizing with halfPixelCenters is not supported. Resize before the layers that are trained.',
  );
};

/** Gradients of operations that copy or interpolate elements. */
export const resamplingGradients: OwnGradients = {
  MirrorPad: mirrorPad,
  ResizeBilinear: resize,
  ResizeNearestNeighbor: resize,
};
