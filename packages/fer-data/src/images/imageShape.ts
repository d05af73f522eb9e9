import { describeValue, FerError } from 'fer-core';

/** Size and colours of the images that a loader returns. */
export interface ImageShapeOptions {
  /**
   * Height and width of the result, in pixels, up to 10,000. Images of another size are resized (Lanczos, stretched).
   *
   * @default 48
   */
  readonly size?: number | undefined;
  /** 1 for grey, 3 for RGB. @default 1 */
  readonly channels?: 1 | 3 | undefined;
}

/** The names of {@link ImageShapeOptions}. */
export const SHAPE_OPTIONS = ['size', 'channels'];

/** Height, width and channels of one image. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Most pixels an image may have before it is resized: guards against decompression bombs. */
export const MOST_PIXELS = 100_000_000;

/** The largest height and width of images that are resized. */
export const MOST_SIDE = 10_000;

/**
 * The shape that the options ask for.
 *
 * @throws FerError `INVALID_ARGUMENT` for a size that is not a whole number from 1 to 10,000, or channels other than 1
 *   and 3.
 */
export function imageShape({ size = 48, channels = 1 }: ImageShapeOptions): ImageShape {
  if (!Number.isInteger(size) || size < 1 || size > MOST_SIDE) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `size is ${describeValue(size)}: it must be a whole number from 1 to 10,000.`,
    );
  }
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_ARGUMENT', `channels is ${describeValue(channels)}: it must be 1 or 3.`);
  }
  return { height: size, width: size, channels };
}
