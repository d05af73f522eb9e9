import { checkBoolean, checkOptions, type Images } from 'fer-core';
import { type ImageSource, readImage } from 'fer-core/node';
import { decodeImage } from './decodeImage.js';
import type { ImageBox } from './imageBox.js';
import { type ImageShapeOptions, imageShape, SHAPE_OPTIONS } from './imageShape.js';

/** Options of {@link loadImage}. */
export interface LoadImageOptions extends ImageShapeOptions {
  /**
   * Where the face is. A box that isn't square is grown to a square about its centre, so that the face keeps its
   * proportions. A part of it outside the image is filled with the image's border pixels. @default the whole image
   */
  readonly box?: ImageBox | undefined;
  /** Stretch a box that isn't square to the size of the result instead of growing it. @default false */
  readonly stretch?: boolean | undefined;
}

/**
 * Loads one image as a classifier takes it: upright as its EXIF orientation says, cropped to a box, converted to grey
 * and resized. Without a box the pixels are those that `loadImageFolder` and `loadImages` load.
 *
 * @param source - A path, a `file:` URL, or the bytes of an image file: JPEG, PNG, WebP, GIF, AVIF or TIFF.
 * @returns Images with n = 1.
 * @throws FerError `NOT_FOUND` or `IO` if a file can't be read; `INVALID_DATA` for what is not an image, is damaged,
 *   or has more than 100 million pixels; `INVALID_ARGUMENT` for a box outside the image; `UNSUPPORTED` for a web address.
 *
 * @example
 * ```ts
 * const face = await loadImage('photo.jpg', { box: { x: 210, y: 80, width: 160, height: 160 } });
 * const [label] = await classifier.predict(face);
 * ```
 *
 * @example
 * ```ts
 * const response = await fetch('https://example.org/face.jpg');
 * const face = await loadImage(await response.arrayBuffer());
 * ```
 */
export async function loadImage(source: ImageSource, options: LoadImageOptions = {}): Promise<Images> {
  checkOptions('loadImage', options, ['box', 'stretch', ...SHAPE_OPTIONS]);
  const { box, stretch = false } = options;
  checkBoolean('stretch', stretch);
  const shape = imageShape(options);
  const { bytes, file } = await readImage(source);
  return { images: await decodeImage(bytes, shape, { file, box, stretch }), n: 1, ...shape };
}
