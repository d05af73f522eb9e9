import { FerError } from 'fer-core';
import sharp from 'sharp';
import { toGrey } from './grey.js';

/** What a decoded image must be. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Most pixels an image may have before it is resized: guards against decompression bombs. */
const MOST_PIXELS = 100_000_000;

/**
 * Decodes an image file into bytes (height × width × channels): turned as its EXIF says, its first frame only, put on
 * black where it is transparent, resized (Lanczos 3, the whole image stretched) where its size differs; grey as
 * {@link toGrey} has it.
 *
 * @throws FerError `INVALID_DATA` for what is not an image, or is a damaged one.
 */
export async function decodeImage(path: string, { height, width, channels }: ImageShape): Promise<Uint8Array> {
  let rgb: Buffer;
  try {
    const image = sharp(path, { failOn: 'error', limitInputPixels: MOST_PIXELS }).autoOrient().flatten();
    rgb = await image
      .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer();
  } catch (cause) {
    const { message } = cause as Error;
    throw new FerError(
      'INVALID_DATA',
      `not an image that can be read (${message}): replace it.`,
      { file: path },
      { cause },
    );
  }
  if (rgb.length !== height * width * 3) {
    throw new FerError('INVALID_DATA', `it decodes to ${rgb.length} bytes, expected ${height * width * 3}.`, {
      file: path,
    });
  }
  return channels === 3 ? new Uint8Array(rgb) : toGrey(rgb);
}
