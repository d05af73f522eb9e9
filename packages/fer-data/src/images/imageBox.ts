import { describeValue, FerError } from 'fer-core';
import type { Rectangle } from './lanczos.js';

/**
 * A rectangle of an image, as face detectors return it: in pixels of the upright image (turned as its EXIF orientation
 * says). Fractions are allowed, and so is a box that reaches beyond the image.
 */
export interface ImageBox {
  /** Left side. 0 is the left border of the image. */
  readonly x: number;
  /** Upper side. 0 is the upper border of the image. */
  readonly y: number;
  /** Above 0. */
  readonly width: number;
  /** Above 0. */
  readonly height: number;
}

/** Largest side of a box, relative to the side of the image. A larger one means wrong units. */
const LARGEST = 10;

/**
 * The part of an image that a box selects: the box, grown to a square about its centre unless `stretch` is set.
 *
 * @throws FerError `INVALID_ARGUMENT` for a box without an area, outside of the image, or far larger than it.
 */
export function boxOf(
  box: ImageBox,
  image: { readonly width: number; readonly height: number },
  stretch: boolean,
  file?: string,
): Rectangle {
  if (typeof box !== 'object' || box === null) {
    const message = `the box is ${describeValue(box)}: give { x, y, width, height }.`;
    throw new FerError('INVALID_ARGUMENT', message, { file });
  }
  const { x, y, width, height } = box;
  const refuse = (what: string): never => {
    const given = `x=${describeValue(x)}, y=${describeValue(y)}, width=${describeValue(width)}, height=${describeValue(height)}`;
    const size = `${image.width}×${image.height}`;
    throw new FerError('INVALID_ARGUMENT', `the box ${given} ${what}: give pixels of the image of ${size}.`, { file });
  };
  if (![x, y, width, height].every(Number.isFinite)) refuse('has a side that is not a number');
  if (!(width > 0 && height > 0)) refuse('has no area');
  if (x >= image.width || y >= image.height || x + width <= 0 || y + height <= 0) refuse('lies outside the image');
  if (Math.max(width, height) > LARGEST * Math.max(image.width, image.height)) refuse('is far larger than the image');
  if (stretch) return { x, y, width, height };
  const side = Math.max(width, height);
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}
