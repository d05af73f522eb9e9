import { checkImages, FerError, type Images } from 'fer-core';
import { toGrey, toRgb } from './grey.js';
import { lanczos } from './lanczos.js';

/** What {@link resizeImages} makes. */
export interface ImageSize {
  /** Pixels. @default 48 */
  readonly height?: number;
  /** Pixels. @default 48 */
  readonly width?: number;
  /** 1 for grey, by BT.601's luma; 3 for RGB. @default 1 */
  readonly channels?: 1 | 3;
}

/**
 * Images in the size and colours that a backbone takes: greyed or made RGB, then resized by the Lanczos kernel of three
 * lobes. The aspect ratio is not kept: crop first where it matters. A data set keeps its labels.
 *
 * @returns The same object where nothing is to be done.
 * @throws FerError `INVALID_ARGUMENT` for a size that is not a whole number from 1, `INVALID_DATA` for images that break
 *   their contract or are neither grey nor RGB.
 *
 * @example
 * ```ts
 * const labels = await classifier.predict(resizeImages(photos));
 * ```
 */
export function resizeImages<I extends Images>(batch: I, size: ImageSize = {}): I {
  const { height = 48, width = 48, channels = 1 } = size;
  for (const [name, value] of Object.entries({ height, width })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: it must be a whole number from 1.`);
    }
  }
  checkImages(batch);
  if (![1, 3].includes(batch.channels) || ![1, 3].includes(channels)) {
    throw new FerError(
      'INVALID_DATA',
      `from ${batch.channels} channels to ${channels}: 1 (grey) and 3 (RGB) are known.`,
    );
  }
  if (batch.height === height && batch.width === width && batch.channels === channels) return batch;
  const coloured =
    batch.channels === channels ? batch.images : channels === 1 ? toGrey(batch.images) : toRgb(batch.images);
  const from = batch.height * batch.width * channels;
  const to = height * width * channels;
  const images = new Uint8Array(batch.n * to);
  for (let i = 0; i < batch.n; i++) {
    const pixels = coloured.subarray(i * from, (i + 1) * from);
    images.set(lanczos(pixels, { height: batch.height, width: batch.width, channels }, { height, width }), i * to);
  }
  return { ...batch, images, height, width, channels };
}
