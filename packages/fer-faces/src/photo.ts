import { describeValue, FerError } from 'fer-core';

/** A picture of any size, upright, as plain bytes. */
export interface Photo {
  /** height × width × 3: red, green and blue, row by row, 0..255. */
  readonly pixels: Uint8Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** A rectangle in a photo, in pixels. It may have fractional coordinates and extend beyond the edge. */
export interface FaceBox {
  /** Position of its left side. */
  readonly x: number;
  /** Position of its top. */
  readonly y: number;
  /** Above 0. */
  readonly width: number;
  /** Above 0. */
  readonly height: number;
}

/** Whether a box shows any part of a photo. */
export function isInPhoto({ x, y, width, height }: FaceBox, photo: Pick<Photo, 'width' | 'height'>): boolean {
  return x < photo.width && y < photo.height && x + width > 0 && y + height > 0;
}

/** Limit on the pixels of a photo. */
export const MOST_PIXELS = 100_000_000;

/**
 * Checks a photo against its contract: whole sizes of at least 1, and three bytes per pixel.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkPhoto(photo: Photo): void {
  if (typeof photo !== 'object' || photo === null || !('pixels' in photo)) {
    throw new FerError(
      'INVALID_DATA',
      `the photo is ${describeValue(photo)}: give a Photo, as loadPhoto and browserPhoto return it.`,
    );
  }
  const { pixels, width, height } = photo;
  const type = (pixels as Uint8Array | undefined)?.[Symbol.toStringTag];
  if (type !== 'Uint8Array') {
    throw new FerError(
      'INVALID_DATA',
      `the photo's pixels are ${type ?? typeof pixels}: give a Photo, as loadPhoto and browserPhoto return it.`,
    );
  }
  for (const [name, size] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (!Number.isInteger(size) || size < 1) {
      throw new FerError('INVALID_DATA', `the photo has ${name} ${size}: it must be a whole number from 1.`);
    }
  }
  if (pixels.length !== 3 * width * height) {
    throw new FerError(
      'INVALID_DATA',
      `${pixels.length} bytes for a photo of ${width}×${height}: expected ${3 * width * height}, red, green and blue.`,
    );
  }
}
