import { checkOptions, describeValue, FerError } from 'fer-core';
import { type ImageSource, readImage, refuseSvg } from 'fer-core/node';
import { MOST_PIXELS, type Photo } from './photo.js';

/** Options of {@link loadPhoto}. */
export interface LoadPhotoOptions {
  /**
   * Limit on the pixels (width × height) that the file declares, as a guard against decompression bombs.
   *
   * @default 100,000,000
   */
  readonly maxPixels?: number | undefined;
  /** Stops before the file is decoded; the call then rejects with the signal's `reason`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a photo in Node: JPEG, PNG, WebP, GIF, TIFF, AVIF or any other format that the installed sharp reads, except
 * SVG: a few kB of it can take minutes to draw. The photo is rotated as its EXIF data say, converted to sRGB (also from
 * CMYK), and transparent parts become black. For an animation, the first frame is read.
 *
 * @param source - A path, a `file:` URL, or the bytes of a file.
 * @throws FerError `NOT_FOUND` or `IO` if the file can't be read; `INVALID_DATA` if it is not an image, is an SVG, is
 *   damaged, or has more pixels than `maxPixels`; `INVALID_ARGUMENT` if `maxPixels` is not a whole number of at least 1;
 *   `UNSUPPORTED` for a web address.
 *
 * @example
 * ```ts
 * const photo = await loadPhoto('holiday.jpg');
 * const faces = await detector.detect(photo);
 * ```
 */
export async function loadPhoto(source: ImageSource, options: LoadPhotoOptions = {}): Promise<Photo> {
  checkOptions('loadPhoto', options, ['maxPixels', 'signal']);
  const { maxPixels = MOST_PIXELS, signal } = options;
  signal?.throwIfAborted();
  if (!Number.isInteger(maxPixels) || maxPixels < 1) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `maxPixels is ${describeValue(maxPixels)}: it must be a whole number from 1.`,
    );
  }
  const { bytes, file } = await readImage(source, signal);
  refuseSvg(bytes, file);
  const { default: sharp } = await import('sharp');
  signal?.throwIfAborted();
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels })
      .autoOrient()
      .flatten()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    return { pixels: channels === 3 ? new Uint8Array(data) : spread(data, channels), width, height };
  } catch (cause) {
    const { message } = cause as Error;
    const [wrong, remedy] = /pixel limit/i.test(message)
      ? [`it has more than ${maxPixels.toLocaleString('en')} pixels`, 'shrink it, or raise maxPixels']
      : [`not an image that can be read (${message.split('\n')[0]})`, 'give a JPEG, PNG or WebP file'];
    throw new FerError('INVALID_DATA', `${wrong}: ${remedy}.`, file === undefined ? {} : { file }, { cause });
  }
}

/** Converts grey, or grey with alpha, to red, green and blue. */
function spread(data: Uint8Array, channels: number): Uint8Array {
  const pixels = new Uint8Array((data.length / channels) * 3);
  for (let i = 0, at = 0; at < data.length; at += channels) {
    for (let c = 0; c < 3; c++) pixels[i++] = data[at + (channels < 3 ? 0 : c)];
  }
  return pixels;
}
