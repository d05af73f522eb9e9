import { reverse, type Tensor1D, type Tensor4D, tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import { halfWeights } from '../halfWeights.js';

/** A convolution with its bias. */
export interface Convolution {
  /** Height × width × input channels × output channels; for a depthwise convolution the last is 1. */
  readonly filter: Tensor4D;
  readonly bias: Tensor1D;
}

/** A 1×1 convolution followed by a depthwise 3×3 convolution, the basic unit of YuNet. */
export interface Separable {
  readonly pointwise: Convolution;
  readonly depthwise: Convolution;
}

/** The weights of YuNet, in the order in which its forward pass uses them. */
export interface YunetWeights {
  /** 3×3, stride 2, 3 → 16 channels. */
  readonly stem: Convolution;
  /** Eleven units: one in the first stage, then two per stage. */
  readonly backbone: readonly Separable[];
  /** One unit per scale (strides 8, 16 and 32): the feature pyramid. */
  readonly neck: readonly Separable[];
  /** One unit per scale: 16 numbers per cell (class, object, box of 4, five points of 2). */
  readonly heads: readonly Separable[];
}

/** Channels of the backbone's units, starting with the stem's 16. */
const BACKBONE = [16, 16, 16, 32, 32, 64, 64, 64, 64, 64, 64, 64];

/** How many numbers a head returns per cell. */
export const HEAD_CHANNELS = 16;

/** How many numbers the file contains. */
const COUNT = 53_104;

/**
 * Makes the tensors of the weights. The caller must dispose them.
 *
 * @param base64 - Half-precision numbers, little-endian.
 * @throws FerError `CORRUPT` if the number of weights is wrong.
 */
export function decodeWeights(base64: string): YunetWeights {
  const take = halfWeights(base64, COUNT, 'the detector');
  const convolution = (shape: [number, number, number, number], outputs: number): Convolution => ({
    filter: tensor4d(take(shape.reduce((a, b) => a * b)), shape),
    bias: tensor1d(take(outputs)),
  });
  const separable = (inputs: number, outputs: number): Separable => ({
    pointwise: convolution([1, 1, inputs, outputs], outputs),
    depthwise: convolution([3, 3, outputs, 1], outputs),
  });
  return {
    stem: redFirst(convolution([3, 3, 3, BACKBONE[0]], BACKBONE[0])),
    backbone: BACKBONE.slice(1).map((outputs, i) => separable(BACKBONE[i], outputs)),
    neck: [0, 1, 2].map(() => separable(64, 64)),
    heads: [0, 1, 2].map(() => separable(64, HEAD_CHANNELS)),
  };
}

/** The network was trained on pixels with blue first; photos have red first. */
function redFirst({ filter, bias }: Convolution): Convolution {
  const turned = reverse(filter, 2);
  filter.dispose();
  return { filter: turned, bias };
}

/** Frees the tensors of {@link decodeWeights}. */
export function disposeWeights({ stem, backbone, neck, heads }: YunetWeights): void {
  const units = [...backbone, ...neck, ...heads].flatMap(({ pointwise, depthwise }) => [pointwise, depthwise]);
  for (const { filter, bias } of [stem, ...units]) {
    filter.dispose();
    bias.dispose();
  }
}
