import { checkArray, checkBoolean, checkOptions, describeValue, FerError, type Images } from 'fer-core';
import type { Face } from './face.js';
import { faceSquare } from './framing.js';
import { greySquare } from './greySquare.js';
import { checkPhoto, isInPhoto, type Photo } from './photo.js';

/** The largest height and width of a crop. */
const MOST_SIDE = 10_000;

/** Options of {@link cropFaces}. */
export interface CropOptions {
  /** Height and width of the result, in pixels, up to 10,000. @default 48 */
  readonly size?: number | undefined;
  /** Whether to rotate each face upright. @default true */
  readonly align?: boolean | undefined;
}

/**
 * Crops faces as in FER2013: grey, square, upright, and with the same amount of the head in the picture. Beyond the
 * photo's edge, its outermost pixels are repeated.
 *
 * @param faces - As a detector found them, or any boxes as `{ box }`.
 * @returns One image of size × size × 1 per face, in order.
 * @throws FerError `INVALID_DATA` for a photo that breaks its contract; `INVALID_ARGUMENT` for a box that is not finite,
 *   has no area or lies outside the photo, a `roll` that is not finite, or a `size` that is not a whole number from 1 to 10,000.
 *
 * @example
 * ```ts
 * const faces = await detector.detect(photo);
 * const labels = await classifier.predict(cropFaces(photo, faces));
 * ```
 */
export function cropFaces(
  photo: Photo,
  faces: readonly (Pick<Face, 'box'> & Partial<Face>)[],
  options: CropOptions = {},
): Images {
  checkOptions('cropFaces', options, ['size', 'align']);
  const { size = 48, align = true } = options;
  checkPhoto(photo);
  checkBoolean('align', align);
  checkArray('faces', faces);
  if (!Number.isInteger(size) || size < 1 || size > MOST_SIDE) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `size is ${describeValue(size)}: it must be a whole number from 1 to 10,000.`,
    );
  }
  const images = new Uint8Array(faces.length * size * size);
  for (const [i, face] of faces.entries()) {
    const square = faceSquare(face, align);
    if (!isInPhoto(face.box, photo)) {
      const { x, y, width, height } = face.box;
      throw new FerError(
        'INVALID_ARGUMENT',
        `the box x=${x}, y=${y}, width=${width}, height=${height} lies outside the photo of ${photo.width}×${photo.height}: give boxes in its pixels.`,
      );
    }
    images.set(greySquare(photo, square, size), i * size * size);
  }
  return { images, n: faces.length, height: size, width: size, channels: 1 };
}
