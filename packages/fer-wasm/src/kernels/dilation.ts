import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Workspace } from '../heap.js';
import { callKernel, type OwnKernels } from './kernel.js';

type Sides = number | [number, number];
type Image = [number, number, number, number];

/**
 * Grey dilation: the largest sum of an element and the filter's over each window, of the elements inside the image.
 * Upstream's begins each maximum at the smallest positive float, and so loses those that are negative. Here it is put
 * together: a shifted image for each of the filter's places, and the maximum over them.
 */
export const dilationKernels: OwnKernels = {
  Dilation2D(workspace, call) {
    const { x, filter } = call.inputs;
    const { strides, pad, dilations } = call.attrs as unknown as { strides: Sides; pad: 'same'; dilations: Sides };
    if (x.dtype !== 'float32') return undefined;
    const info = backend_util.computeDilation2DInfo(
      x.shape as Image,
      filter.shape as [number, number, number],
      strides,
      pad,
      'NHWC',
      dilations,
    );
    const padded = padBy(workspace, x, info.padInfo);
    let most: TensorInfo | undefined;
    for (let i = 0; i < info.filterHeight; i++) {
      for (let j = 0; j < info.filterWidth; j++) {
        const begin = [0, i * info.dilationHeight, j * info.dilationWidth, 0];
        const sum = addTap(workspace, padded, filter, { place: [i, j], begin, info });
        const last: TensorInfo | undefined = most;
        most = last ? callKernel(workspace, 'Maximum', { a: last, b: sum }) : sum;
        if (last) for (const tensor of [last, sum]) workspace.release(tensor);
      }
    }
    workspace.release(padded);
    return most;
  },
};

/** The image with −∞ around it. */
function padBy(workspace: Workspace, x: TensorInfo, around: backend_util.PadInfo): TensorInfo {
  const paddings = [
    [0, 0],
    [around.top, around.bottom],
    [around.left, around.right],
    [0, 0],
  ];
  return callKernel(workspace, 'PadV2', { x }, { paddings, constantValue: Number.NEGATIVE_INFINITY });
}

/** What one place of the filter meets in each window, plus its value. */
function addTap(
  workspace: Workspace,
  padded: TensorInfo,
  filter: TensorInfo,
  tap: { readonly place: number[]; readonly begin: number[]; readonly info: backend_util.Conv2DInfo },
): TensorInfo {
  const { outHeight, outWidth, strideHeight, strideWidth } = tap.info;
  const [n, , , channels] = padded.shape;
  const [, top, left] = tap.begin;
  const end = [n, top + (outHeight - 1) * strideHeight + 1, left + (outWidth - 1) * strideWidth + 1, channels];
  const steps = [1, strideHeight, strideWidth, 1];
  const none = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
  const window = callKernel(
    workspace,
    'StridedSlice',
    { x: padded },
    { begin: tap.begin, end, strides: steps, ...none },
  );
  const value = callKernel(workspace, 'Slice', { x: filter }, { begin: [...tap.place, 0], size: [1, 1, channels] });
  const sum = callKernel(workspace, 'Add', { a: window, b: value });
  for (const tensor of [window, value]) workspace.release(tensor);
  return sum;
}
