import { FerError, type Images } from 'fer-core';
import type { Face } from './face.js';
import { faceSquare } from './framing.js';
import { checkPhoto, type Photo } from './photo.js';

/** Options of {@link cropFaces}. */
export interface CropOptions {
  /** Height and width of the result, in pixels. @default 48 */
  readonly size?: number | undefined;
  /** Whether to turn each face upright, by the line through its eyes. @default true */
  readonly align?: boolean | undefined;
}

/**
 * Crops faces as FER2013's are cropped: grey, square, upright, and with as much of the head in the picture. What lies
 * beyond the photo's edge repeats its outermost pixels.
 *
 * @param faces - As a detector found them, or any boxes as `{ box }`.
 * @returns One image of size × size × 1 a face, in their order.
 * @throws FerError `INVALID_DATA` for a photo that breaks its contract; `INVALID_ARGUMENT` for a box that is not finite
 *   or has no area, or a `size` that is no whole number from 1.
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
  const { size = 48, align = true } = options;
  checkPhoto(photo);
  if (!Number.isInteger(size) || size < 1) {
    throw new FerError('INVALID_ARGUMENT', `size is ${size}: it must be a whole number from 1.`);
  }
  const images = new Uint8Array(faces.length * size * size);
  for (const [i, face] of faces.entries()) {
    const { centre, side, turn } = faceSquare(face, align);
    sample(photo, centre, side, (turn * Math.PI) / 180, images.subarray(i * size * size, (i + 1) * size * size), size);
  }
  return { images, n: faces.length, height: size, width: size, channels: 1 };
}

/** Fills one image from a turned square of the photo: each pixel is the mean of a grid of interpolated points. */
function sample(
  photo: Photo,
  centre: { readonly x: number; readonly y: number },
  side: number,
  angle: number,
  image: Uint8Array,
  size: number,
): void {
  const step = side / size;
  // As many points along each axis as the output pixel covers photo pixels, up to 16: more make no difference.
  const points = Math.min(16, Math.max(1, Math.ceil(step)));
  const [cos, sin] = [Math.cos(angle) * step, Math.sin(angle) * step];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let sum = 0;
      for (let i = 0; i < points; i++) {
        const v = row + (i + 0.5) / points - size / 2;
        for (let j = 0; j < points; j++) {
          const u = column + (j + 0.5) / points - size / 2;
          sum += greyAt(photo, centre.x + u * cos - v * sin - 0.5, centre.y + u * sin + v * cos - 0.5);
        }
      }
      image[row * size + column] = Math.round(sum / points ** 2);
    }
  }
}

/** The luma (ITU-R BT.601) at a point, interpolated linearly between pixels; x and y count from a pixel's centre. */
function greyAt({ pixels, width, height }: Photo, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [across, down] = [x - left, y - top];
  const x0 = Math.min(Math.max(left, 0), width - 1);
  const x1 = Math.min(Math.max(left + 1, 0), width - 1);
  const row0 = Math.min(Math.max(top, 0), height - 1) * width;
  const row1 = Math.min(Math.max(top + 1, 0), height - 1) * width;
  const upper = (1 - across) * luma(pixels, row0 + x0) + across * luma(pixels, row0 + x1);
  const lower = (1 - across) * luma(pixels, row1 + x0) + across * luma(pixels, row1 + x1);
  return (1 - down) * upper + down * lower;
}

function luma(pixels: Uint8Array, pixel: number): number {
  const at = 3 * pixel;
  return 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
}
