import { add, fused, image, maxPool, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Separable, YunetWeights } from './weights.js';

/** Size of an output cell in pixels, for each output. */
export const STRIDES = [8, 16, 32] as const;

/**
 * The forward pass of YuNet (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", 2023), as in
 * libfacedetection's `facedetectcnn-model.cpp`. To be called inside `tf.tidy`.
 *
 * @param input - n × height × width × 3, red first, 0..255; height and width multiples of 32.
 * @returns For each stride: n × height/stride × width/stride × 16, before the sigmoid and unscaled.
 */
export function forward({ stem, backbone, neck, heads }: YunetWeights, input: Tensor4D): Tensor4D[] {
  const unit = (x: Tensor4D, i: number): Tensor4D => separable(x, backbone[i], 'relu');
  const stage = (x: Tensor4D, i: number): Tensor4D => unit(unit(x, i), i + 1);
  let x: Tensor4D = fused.conv2d({
    x: input,
    filter: stem.filter,
    strides: 2,
    pad: 1,
    bias: stem.bias,
    activation: 'relu',
  });
  x = halve(unit(x, 0));
  x = halve(stage(stage(x, 1), 3));
  const fine = stage(x, 5);
  const middle = stage(halve(fine), 7);
  const coarse = separable(stage(halve(middle), 9), neck[2], 'relu');
  const middleUp = separable(add(middle, double(coarse)), neck[1], 'relu');
  const fineUp = separable(add(fine, double(middleUp)), neck[0], 'relu');
  return [fineUp, middleUp, coarse].map((features, i) => separable(features, heads[i], 'linear'));
}

function separable(x: Tensor4D, { pointwise, depthwise }: Separable, activation: 'relu' | 'linear'): Tensor4D {
  const mixed = fused.conv2d({ x, filter: pointwise.filter, strides: 1, pad: 'valid', bias: pointwise.bias });
  return fused.depthwiseConv2d({
    x: mixed,
    filter: depthwise.filter,
    strides: 1,
    pad: 'same',
    bias: depthwise.bias,
    activation,
  });
}

function halve(x: Tensor4D): Tensor4D {
  return maxPool(x, 2, 2, 'valid');
}

function double(x: Tensor4D): Tensor4D {
  const [, height, width] = x.shape;
  return image.resizeNearestNeighbor(x as Tensor4D & Tensor3D, [2 * height, 2 * width]);
}
