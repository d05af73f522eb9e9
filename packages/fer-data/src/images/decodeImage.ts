import { FerError } from 'fer-core';
import { refuseSvg } from 'fer-core/node';
import { decodeGreyJpeg } from '../jpeg/decodeGreyJpeg.js';
import { greyBytes, rgbBytes } from './grey.js';
import { boxOf, type ImageBox } from './imageBox.js';
import { type ImageShape, MOST_PIXELS } from './imageShape.js';
import { lanczos } from './lanczos.js';
import { withPixels } from './pixelBudget.js';
import { loadSharp } from './sharp.js';

/** What to decode of an image. */
export interface DecodeOptions {
  /** Name of the image in errors. */
  readonly file?: string | undefined;
  /** The part to take. @default the whole image */
  readonly box?: ImageBox | undefined;
  /** Whether to stretch a box that isn't square, instead of growing it to a square. @default false */
  readonly stretch?: boolean | undefined;
}

/**
 * Decodes the bytes of an image file to height × width × channels bytes: upright as its EXIF orientation says, first
 * frame only, on black if it is transparent, converted to grey by {@link greyBytes}, then resized by {@link lanczos}
 * if its size differs.
 *
 * Grey JPEGs of the right size, such as FER2013's, take a fast path to the same pixels.
 *
 * @throws FerError `INVALID_DATA` for what is not an image, is damaged, is an SVG or has too many pixels;
 *   `INVALID_ARGUMENT` for a box that is not a part of the image.
 */
export async function decodeImage(
  bytes: Uint8Array,
  shape: ImageShape,
  { file, box, stretch = false }: DecodeOptions = {},
): Promise<Uint8Array> {
  if (box === undefined) {
    const grey = decodeGreyJpeg(bytes, shape.height, shape.width);
    if (grey) return shape.channels === 1 ? grey : rgbBytes(grey);
  }
  if (bytes.length === 0) throw new FerError('INVALID_DATA', 'the image is empty: replace it.', { file });
  refuseSvg(bytes, file);
  const sharp = await loadSharp();
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: MOST_PIXELS }).autoOrient().flatten();
  const unreadable = (cause: unknown): never => {
    const message = `not an image that can be read (${(cause as Error).message}): replace it.`;
    throw new FerError('INVALID_DATA', message, { file }, { cause });
  };
  const { width, height } = await image.metadata().catch(unreadable);
  return withPixels(width * height, async () => {
    const { data, info } = await image
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
      .catch(unreadable);
    if (info.channels !== 3) {
      throw new FerError('INVALID_DATA', `it decodes to ${info.channels} channels, expected 3: replace it.`, { file });
    }
    const { channels } = shape;
    const pixels = channels === 3 ? new Uint8Array(data) : greyBytes(data);
    const part = box === undefined ? undefined : boxOf(box, info, stretch, file);
    return lanczos({ height: info.height, width: info.width, channels }, shape, part)(pixels);
  });
}
