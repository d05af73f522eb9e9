import * as tf from '@tensorflow/tfjs-core';
import { FerError, type Images } from 'fer-core';

/**
 * What a backbone does to images before its first layer. It belongs to the backbone and is saved with it, so that a
 * loaded one can't be fed wrongly.
 */
export interface Preprocessing {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /**
   * - `scale`: pixels / 255, as the original.
   * - `standardise`: each image to mean 0 and standard deviation 1 (at least 1/√pixels, as TensorFlow's
   *   per_image_standardization).
   */
  readonly values: 'scale' | 'standardise';
}

/** Some rows of a batch of images as the float tensor [n, height, width, channels] that the network takes. */
export function toTensor(images: Images, rows: readonly [start: number, end: number], how: Preprocessing): tf.Tensor4D {
  const { height, width, channels } = images;
  if (height !== how.height || width !== how.width || channels !== how.channels) {
    throw new FerError(
      'INVALID_DATA',
      `images are ${height}×${width}×${channels}, the backbone takes ${how.height}×${how.width}×${how.channels}: ` +
        "resize them first (fer-data's resizeImages), or use another backbone.",
    );
  }
  const size = height * width * channels;
  const bytes = images.images.subarray(rows[0] * size, rows[1] * size);
  const values = new Float32Array(bytes.length);
  if (how.values === 'scale') {
    for (let i = 0; i < bytes.length; i++) values[i] = bytes[i] / 255;
  } else {
    for (let start = 0; start < bytes.length; start += size) standardise(bytes, values, start, size);
  }
  return tf.tensor4d(values, [rows[1] - rows[0], height, width, channels]);
}

function standardise(bytes: Uint8Array, values: Float32Array, start: number, size: number): void {
  let sum = 0;
  let squares = 0;
  for (let i = start; i < start + size; i++) {
    sum += bytes[i];
    squares += bytes[i] * bytes[i];
  }
  const mean = sum / size;
  const deviation = Math.sqrt(Math.max(0, squares / size - mean * mean));
  const scale = 1 / Math.max(deviation, 255 / Math.sqrt(size));
  for (let i = start; i < start + size; i++) values[i] = (bytes[i] - mean) * scale;
}
