import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { WasmError } from '../errors.js';
import type { KernelCall } from './kernel.js';

/** The geometry of a convolution, as assembly/conv.ts takes it. Sizes in elements, NHWC. */
export interface Geometry {
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly gapY: number;
  readonly gapX: number;
}

interface ConvAttrs {
  strides: [number, number] | number;
  pad: Pad;
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  dataFormat?: string;
}

interface PoolAttrs {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: Pad;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Pad = 'valid' | 'same' | number | backend_util.ExplicitPadding;

/**
 * Returns the geometry of a tfjs convolution, or `undefined` if it isn't NHWC.
 *
 * @param filterShape - [height, width, in, out], or with `depthwise` [height, width, in, multiplier].
 * @throws WasmError `INVALID_ARGUMENT` if image and filter have different numbers of channels, or the output is empty.
 */
export function geometryOf(
  { name, attrs }: Pick<KernelCall, 'name' | 'attrs'>,
  inShape: readonly number[],
  filterShape: readonly number[],
  depthwise = false,
): Geometry | undefined {
  const { strides, pad, dilations, dimRoundingMode, dataFormat = 'NHWC' } = attrs as unknown as ConvAttrs;
  if (dataFormat !== 'NHWC') return undefined;
  if (inShape[3] !== filterShape[2] || inShape[3] < 1) {
    throw new WasmError(
      'INVALID_ARGUMENT',
      `${name}: the image has ${inShape[3]} channels and the filter takes ${filterShape[2]}. ` +
        'They must be equal and at least 1.',
    );
  }
  const info = backend_util.computeConv2DInfo(
    inShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
    'channelsLast',
  );
  const window = [info.effectiveFilterHeight, info.effectiveFilterWidth] as const;
  checkWindows(name, [info.inHeight, info.inWidth], window, [info.outHeight, info.outWidth], info.padInfo);
  return {
    n: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
    gapY: 1,
    gapX: 1,
  };
}

/**
 * Returns the convolution that computes the gradient of this one's input: dy, spaced by the stride and padded, with the
 * rotated filter whose channels are exchanged. Returns `undefined` if the padding is wider than the window.
 */
export function inputGradientGeometry(g: Geometry): Geometry | undefined {
  const padTop = (g.kernelHeight - 1) * g.dilationY - g.padTop;
  const padLeft = (g.kernelWidth - 1) * g.dilationX - g.padLeft;
  if (padTop < 0 || padLeft < 0) return undefined;
  return {
    n: g.n,
    height: g.outHeight,
    width: g.outWidth,
    channels: g.outChannels,
    outHeight: g.height,
    outWidth: g.width,
    outChannels: g.channels,
    kernelHeight: g.kernelHeight,
    kernelWidth: g.kernelWidth,
    strideY: 1,
    strideX: 1,
    padTop,
    padLeft,
    dilationY: g.dilationY,
    dilationX: g.dilationX,
    gapY: g.strideY,
    gapX: g.strideX,
  };
}

/** Addresses of the operands of a convolution. */
export interface Addresses {
  readonly x: number;
  readonly filter: number;
  /** The filter, if its packed layout may be cached. */
  readonly cached?: TensorInfo;
  readonly y: number;
  readonly bias?: number;
}

/** The windows of a pooling. */
export interface Windows {
  readonly outShape: readonly number[];
  /** Whether no two windows overlap and none leaves the image. */
  readonly apart: boolean;
  /** The words that assembly/pool.ts takes. */
  readonly words: readonly number[];
}

/**
 * Returns the windows of a tfjs pooling (NHWC).
 *
 * @throws WasmError `INVALID_ARGUMENT` if the output is empty.
 */
export function windowsOf({ name, attrs }: Pick<KernelCall, 'name' | 'attrs'>, shape: readonly number[]): Windows {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs;
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { top, bottom, left, right } = info.padInfo;
  const window = [info.filterHeight, info.filterWidth] as const;
  checkWindows(name, [info.inHeight, info.inWidth], window, [info.outHeight, info.outWidth], info.padInfo);
  const padded = top > 0 || bottom > 0 || left > 0 || right > 0;
  return {
    outShape: info.outShape,
    apart: !padded && info.strideHeight >= info.filterHeight && info.strideWidth >= info.filterWidth,
    words: [
      ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outHeight, info.outWidth],
      ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
      ...[top, left],
    ],
  };
}

/** Throws if the output is empty: tfjs computes sizes of zero and below, and continues with them. */
function checkWindows(
  name: string,
  image: readonly [number, number],
  window: readonly [number, number],
  out: readonly [number, number],
  pad: { readonly top: number; readonly left: number },
): void {
  if (out[0] >= 1 && out[1] >= 1 && pad.top >= 0 && pad.left >= 0) return;
  throw new WasmError(
    'INVALID_ARGUMENT',
    `${name}: a window of ${window.join('×')} over an image of ${image.join('×')}, padded by ${pad.top} above and ` +
      `${pad.left} at the left, gives an output of ${out.join('×')}. Use a smaller window, a larger image or more padding.`,
  );
}
