import { checkOptions, FerError, fetchBytes } from 'fer-core';
import { MOST_PIXELS, type Photo } from './photo.js';

/** What a browser can show: a file, a URL, pixels, an image element, or a frame of a video. */
export type PhotoSource =
  | Blob
  | string
  | URL
  | ImageData
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame;

/** Options of {@link browserPhoto}. */
export interface BrowserPhotoOptions {
  /** Shrinks the photo so that neither side has more pixels than this. @default no limit */
  readonly maxSide?: number | undefined;
  /** Stops a download; the call then rejects with the signal's `reason`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a photo in a browser or a worker, rotated as its EXIF orientation says; transparent parts become black. For a
 * playing video, the current frame is read.
 *
 * @throws FerError `INVALID_DATA` if the source is not an image, has over 100 million pixels, or is a video without a
 *   frame yet; `NOT_FOUND` or `IO` for a URL that can't be fetched, or whose server responds with a web page;
 *   `INVALID_ARGUMENT` if `maxSide` is not a whole number of at least 1; `UNSUPPORTED` outside browsers.
 *
 * @example
 * ```ts
 * const photo = await browserPhoto(input.files[0]);
 * const faces = await detector.detect(photo);
 * ```
 */
export async function browserPhoto(source: PhotoSource, options: BrowserPhotoOptions = {}): Promise<Photo> {
  checkOptions('browserPhoto', options, ['maxSide', 'signal']);
  const { maxSide = Number.POSITIVE_INFINITY, signal } = options;
  signal?.throwIfAborted();
  if (maxSide !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxSide) && maxSide >= 1)) {
    throw new FerError('INVALID_ARGUMENT', `maxSide is ${maxSide}: it must be a whole number from 1.`);
  }
  if (typeof createImageBitmap !== 'function' || typeof OffscreenCanvas !== 'function') {
    throw new FerError('UNSUPPORTED', 'there is no canvas here: in Node, use loadPhoto of fer-faces/node.');
  }
  const file = nameOf(source);
  const isAddress = typeof source === 'string' || source instanceof URL;
  const shown = isAddress ? new Blob([await fetchBytes(source, { signal })]) : source;
  const bitmap = await createImageBitmap(shown, { imageOrientation: 'from-image' }).catch((cause: Error) => {
    throw new FerError('INVALID_DATA', `not an image that can be read (${cause.message}): give a JPEG, PNG or WebP.`, {
      file,
    });
  });
  try {
    if (bitmap.width * bitmap.height > MOST_PIXELS) {
      throw new FerError('INVALID_DATA', `${bitmap.width}×${bitmap.height} pixels are too many: shrink it first.`, {
        file,
      });
    }
    const scale = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
    return { pixels: onBlack(readPixels(bitmap, width, height, file)), width, height };
  } finally {
    bitmap.close();
  }
}

/** All calls share one canvas: making one for each frame of a camera takes longer than reading the pixels. */
let context: OffscreenCanvasRenderingContext2D | null | undefined;

function readPixels(bitmap: ImageBitmap, width: number, height: number, file?: string): Uint8ClampedArray {
  context ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (!context) throw new FerError('UNSUPPORTED', 'the browser gives no 2D canvas: use another browser.', { file });
  const { canvas } = context;
  // Setting a size clears the canvas, even if the size doesn't change.
  canvas.width = width;
  canvas.height = height;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  try {
    return context.getImageData(0, 0, width, height).data;
  } catch (cause) {
    const { message } = cause as Error;
    throw new FerError('INVALID_DATA', `its pixels can't be read (${message}): serve it from this site.`, { file });
  }
}

function nameOf(source: PhotoSource): string | undefined {
  if (typeof source === 'string' || source instanceof URL) return String(source);
  if (typeof source !== 'object' || source === null) return undefined;
  return 'name' in source && typeof source.name === 'string' ? source.name : undefined;
}

/** Converts RGBA to RGB, with black for transparent parts. */
function onBlack(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0, at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3];
    for (let c = 0; c < 3; c++) rgb[i++] = alpha === 255 ? rgba[at + c] : Math.round((rgba[at + c] * alpha) / 255);
  }
  return rgb;
}
