import {
  dispose,
  fused,
  maxPool,
  mean,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs-core';
import { halfWeights } from '../halfWeights.js';

/** Side of the verifier's input in pixels. */
export const SIDE = 32;

/** Channels of each of the three stages, which have two 3×3 convolutions each. */
export const WIDTHS = [16, 24, 32];

/** A convolution with its bias, batch normalisation folded in. */
interface Convolution {
  /** 3 × 3 × input channels × output channels. */
  readonly filter: Tensor4D;
  readonly bias: Tensor1D;
}

/** The verifier's weights. */
export interface VerifierWeights {
  readonly convolutions: readonly Convolution[];
  /** Weight of each of the last stage's channels, and the bias. */
  readonly output: { readonly weights: Float32Array; readonly bias: number };
}

/** How many numbers the file contains. */
const COUNT = shapes().reduce((sum, [inputs, outputs]) => sum + (9 * inputs + 1) * outputs, (WIDTHS.at(-1) ?? 0) + 1);

/** Input and output channels of the convolutions. */
function shapes(): [inputs: number, outputs: number][] {
  return WIDTHS.flatMap((width, i): [number, number][] => [
    [i === 0 ? 1 : WIDTHS[i - 1], width],
    [width, width],
  ]);
}

/**
 * Makes the tensors of the weights. The caller must dispose them.
 *
 * @param base64 - Half-precision numbers, little-endian: the filter and the bias of each convolution, then the output's
 *   weights and its bias.
 * @throws FerError `CORRUPT` if the number of weights is wrong.
 */
export function decodeVerifier(base64: string): VerifierWeights {
  const take = halfWeights(base64, COUNT, 'the verifier');
  const convolutions = shapes().map(([inputs, outputs]) => ({
    filter: tensor4d(take(9 * inputs * outputs), [3, 3, inputs, outputs]),
    bias: tensor1d(take(outputs)),
  }));
  return { convolutions, output: { weights: take(shapes().at(-1)![1]), bias: take(1)[0] } };
}

/** Frees the tensors of {@link decodeVerifier}. */
export function disposeVerifier({ convolutions }: VerifierWeights): void {
  for (const { filter, bias } of convolutions) dispose([filter, bias]);
}

/**
 * Runs the verifier: a small VGG whose last feature maps are averaged. Leaves no tensor.
 *
 * @param images - Grey images of 32 × 32, 0..255.
 * @returns For each image the logit of its being a face: above 0 if it rather is one.
 */
export async function runVerifier(
  { convolutions, output }: VerifierWeights,
  images: readonly Uint8Array[],
): Promise<number[]> {
  if (images.length === 0) return [];
  const features = tidy((): Tensor2D => {
    let x = tensor4d(standardise(images), [images.length, SIDE, SIDE, 1]);
    for (const [i, { filter, bias }] of convolutions.entries()) {
      x = fused.conv2d({ x, filter, strides: 1, pad: 'same', bias, activation: 'relu' });
      if (i % 2 === 1 && i + 1 < convolutions.length) x = maxPool(x, 2, 2, 'valid');
    }
    return mean(x, [1, 2]);
  });
  try {
    const values = await features.data();
    const { weights, bias } = output;
    return images.map((_, i) =>
      weights.reduce((sum, weight, j) => sum + weight * values[i * weights.length + j], bias),
    );
  } finally {
    features.dispose();
  }
}

/** Each image with mean 0 and standard deviation 1 (the deviation is at least 1/32, as in training). */
function standardise(images: readonly Uint8Array[]): Float32Array {
  const size = SIDE * SIDE;
  const result = new Float32Array(images.length * size);
  for (const [i, image] of images.entries()) {
    const middle = image.reduce((sum, value) => sum + value, 0) / size;
    const variance = image.reduce((sum, value) => sum + (value - middle) ** 2, 0) / size;
    const deviation = Math.max(Math.sqrt(variance), 1 / SIDE);
    for (let j = 0; j < size; j++) result[i * size + j] = (image[j] - middle) / deviation;
  }
  return result;
}
