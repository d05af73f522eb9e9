import { checkImages, checkOptions, describeValue, FerError, type Images } from 'fer-core';
import { toGrey, toRgb } from './grey.js';
import { MOST_SIDE } from './imageShape.js';
import { lanczos } from './lanczos.js';

/** Options of {@link resizeImages}. */
export interface ImageSize {
  /** Pixels. @default 48 */
  readonly height?: number | undefined;
  /** Pixels. @default 48 */
  readonly width?: number | undefined;
  /** 1 for grey, 3 for RGB. @default 1 */
  readonly channels?: 1 | 3 | undefined;
}

/**
 * Converts images to the size and colours that a backbone takes: to grey or RGB, then to the new size with the Lanczos
 * kernel of three lobes, as `loadImage` and `browserImages` do. The aspect ratio is not kept: crop first if it
 * matters. A data set keeps its labels.
 *
 * @param batch - Is not changed.
 * @returns The same object if the images have this size and these channels already.
 * @throws FerError `INVALID_ARGUMENT` for a size that is not a whole number from 1 to 10,000, or channels other than 1
 *   and 3; `INVALID_DATA` for images that break their contract or are neither grey nor RGB.
 *
 * @example
 * ```ts
 * const labels = await classifier.predict(resizeImages(photos));
 * ```
 */
export function resizeImages<I extends Images>(batch: I, options: ImageSize = {}): I {
  checkOptions('resizeImages', options, ['height', 'width', 'channels']);
  const { height = 48, width = 48, channels = 1 } = options;
  for (const [name, value] of Object.entries({ height, width })) {
    if (!Number.isInteger(value) || value < 1 || value > MOST_SIDE) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `${name} is ${describeValue(value)}: it must be a whole number from 1 to 10,000.`,
      );
    }
  }
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_ARGUMENT', `channels is ${describeValue(channels)}: it must be 1 or 3.`);
  }
  checkImages(batch);
  if (batch.height === height && batch.width === width && batch.channels === channels) return batch;
  const coloured = channels === 1 ? toGrey(batch) : toRgb(batch);
  const resize = lanczos(coloured, { height, width });
  const [from, to] = [batch.height * batch.width * channels, height * width * channels];
  const images = new Uint8Array(batch.n * to);
  for (let i = 0; i < batch.n; i++) images.set(resize(coloured.images.subarray(i * from, (i + 1) * from)), i * to);
  return { ...coloured, images, height, width };
}
