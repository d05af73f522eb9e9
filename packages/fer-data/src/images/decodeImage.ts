import { readFile } from 'node:fs/promises';
import { FerError } from 'fer-core';
import { ioError } from 'fer-core/node';
import { decodeGreyJpeg } from '../jpeg/decodeGreyJpeg.js';
import { toGrey, toRgb } from './grey.js';
import { loadSharp } from './sharp.js';

/** What a decoded image must be. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** A rectangle of an image, in whole pixels of the image as it is seen: after turning as EXIF says. */
export interface ImageBox {
  /** Of its left side, from 0. */
  readonly x: number;
  /** Of its top, from 0. */
  readonly y: number;
  /** From 1. */
  readonly width: number;
  /** From 1. */
  readonly height: number;
}

/** Most pixels an image may have before it is resized: guards against decompression bombs. */
const MOST_PIXELS = 100_000_000;

/** Largest file that is tried by the fast path, which reads it whole. */
const SMALL_FILE = 262_144;

/**
 * Decodes an image file into bytes (height × width × channels): turned as its EXIF says, its first frame only, put on
 * black where it is transparent, resized (Lanczos 3, the whole image stretched) where its size differs; grey as
 * {@link toGrey} has it.
 *
 * Grey JPEGs of the right size, which FER2013's are, take a fast path to the same pixels.
 *
 * @param box - What of it to take, before resizing; else all.
 * @throws FerError `INVALID_DATA` for what is not an image, or is a damaged one; `INVALID_ARGUMENT` for a box that is
 *   not within it; `IO` for what can't be read at all.
 */
export async function decodeImage(
  file: { readonly path: string; readonly bytes: number },
  shape: ImageShape,
  box?: ImageBox,
): Promise<Uint8Array> {
  if (file.bytes <= SMALL_FILE && !box) {
    const bytes = await readFile(file.path).catch((cause) => {
      throw ioError(cause, file.path);
    });
    const grey = decodeGreyJpeg(bytes, shape.height, shape.width);
    if (grey) return shape.channels === 1 ? grey : toRgb(grey);
  }
  return decodeWithSharp(file.path, shape, box);
}

async function decodeWithSharp(
  path: string,
  { height, width, channels }: ImageShape,
  box?: ImageBox,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  let rgb: Buffer;
  try {
    const image = sharp(path, { failOn: 'error', limitInputPixels: MOST_PIXELS }).autoOrient().flatten();
    if (box) {
      checkBox(box, (await image.metadata()).autoOrient, path);
      image.extract({ left: box.x, top: box.y, width: box.width, height: box.height });
    }
    rgb = await image
      .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer();
  } catch (cause) {
    if (cause instanceof FerError) throw cause;
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

function checkBox(box: ImageBox, image: { readonly width: number; readonly height: number }, file: string): void {
  const { x, y, width, height } = box;
  const whole = [x, y, width, height].every(Number.isInteger) && Math.min(x, y) >= 0 && Math.min(width, height) >= 1;
  if (whole && x + width <= image.width && y + height <= image.height) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `the box x=${x}, y=${y}, width=${width}, height=${height} is not within the image of ${image.width}×${image.height}: give whole pixels of it.`,
    { file },
  );
}
