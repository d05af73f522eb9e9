import { type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Photo } from '../photo.js';
import { type Candidate, decode } from './decode.js';
import { forward, STRIDES } from './forward.js';
import type { YunetWeights } from './weights.js';

/**
 * Runs the network on pictures of one size. Leaves no tensor.
 *
 * @returns The detections in each picture, in the picture's pixels, unordered, with many detections per face.
 */
export async function runYunet(
  weights: YunetWeights,
  pictures: readonly Photo[],
  minScore: number,
): Promise<Candidate[][]> {
  const { data, width, height } = inputOf(pictures);
  const outputs = tidy((): Tensor4D[] => forward(weights, tensor4d(data, [pictures.length, height, width, 3])));
  try {
    const values = await Promise.all(outputs.map((output) => output.data()));
    return pictures.map((_, picture) =>
      outputs.flatMap(({ shape: [, rows, columns, channels] }, i) => {
        const size = rows * columns * channels;
        const output = (values[i] as Float32Array).subarray(picture * size, (picture + 1) * size);
        return decode(output, { rows, columns, stride: STRIDES[i] }, minScore);
      }),
    );
  } finally {
    for (const output of outputs) output.dispose();
  }
}

/** Converts pixels to the network's input: floats, padded with black to multiples of 32. */
function inputOf(pictures: readonly Photo[]): { readonly data: Float32Array; width: number; height: number } {
  const [width, height] = [pictures[0].width, pictures[0].height].map((side) => 32 * Math.ceil(side / 32));
  const data = new Float32Array(pictures.length * 3 * width * height);
  for (const [i, picture] of pictures.entries()) {
    const start = 3 * width * height * i;
    // Rows of full width lie in the input as they do in the picture.
    const rows = picture.width === width ? 1 : picture.height;
    const row = picture.pixels.length / rows;
    for (let y = 0; y < rows; y++) data.set(picture.pixels.subarray(y * row, (y + 1) * row), start + 3 * width * y);
  }
  return { data, width, height };
}
