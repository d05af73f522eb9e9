import { stat } from 'node:fs/promises';
import { FerError, type Images } from 'fer-core';
import { ioError } from 'fer-core/node';
import { decodeImage, type ImageBox } from './decodeImage.js';

/** Options of {@link loadImage}. */
export interface LoadImageOptions {
  /** Where the face is, best a square with the face filling it; the rest is cut off. @default the whole image */
  readonly box?: ImageBox;
  /** Height and width of the result, in pixels: the box is stretched to it. @default 48 */
  readonly size?: number;
  /** 1 for grey, 3 for RGB. @default 1 */
  readonly channels?: 1 | 3;
}

/**
 * One image file as a classifier takes it: turned as EXIF says, cropped, greyed and resized. Of an image without a box
 * the pixels are those of `loadImageFolder`.
 *
 * @returns Images with n = 1.
 * @throws FerError `NOT_FOUND` or `IO` where there is no file to read; `INVALID_DATA` for what is no image, or a damaged
 *   one; `INVALID_ARGUMENT` for a box that is not within the image.
 *
 * @example
 * ```ts
 * const face = await loadImage('photo.jpg', { box: { x: 210, y: 80, width: 160, height: 160 } });
 * const [label] = await classifier.predict(face);
 * ```
 */
export async function loadImage(path: string, options: LoadImageOptions = {}): Promise<Images> {
  const { box, size = 48, channels = 1 } = options;
  if (!Number.isInteger(size) || size < 1) {
    throw new FerError('INVALID_ARGUMENT', `size is ${size}: it must be a whole number from 1.`);
  }
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_ARGUMENT', `channels is ${channels}: it must be 1 or 3.`);
  }
  const info = await stat(path).catch((cause) => {
    throw ioError(cause, path);
  });
  if (!info.isFile()) {
    throw new FerError('INVALID_DATA', 'not a file: give one image, or use loadImageFolder.', { file: path });
  }
  const shape = { height: size, width: size, channels };
  return { images: await decodeImage({ path, bytes: info.size }, shape, box), n: 1, ...shape };
}
