import {
  breathe,
  checkOptions,
  describeValue,
  FerError,
  fetchResponse,
  type Images,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { greyBytes } from './grey.js';
import { type ImageShapeOptions, imageShape, MOST_PIXELS, SHAPE_OPTIONS } from './imageShape.js';
import { lanczos } from './lanczos.js';

/** An image in a browser: a `File` or other `Blob`, a URL, pixels, or an element that shows one. */
export type BrowserImage = Blob | string | URL | ImageData | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas;

/** Options of {@link browserImages}. */
export interface BrowserImagesOptions extends RunOptions, ImageShapeOptions {}

/**
 * Loads images in a browser or a worker, as classifiers take them: upright as their EXIF orientation says, on black
 * if they are transparent, converted to grey by BT.601, and resized. With `labels` and `classes` added, the result is
 * a data set.
 *
 * A PNG gives the same bytes as `loadImage` gives in Node. A JPEG may differ by a few grey levels, as decoders do.
 *
 * @param sources - Files, URLs, pixels, or elements that show an image.
 * @returns One image per source, in their order.
 * @throws FerError `INVALID_DATA`, naming the image by its file, URL or 1-based place, for what is not an image or has
 *   over 100 million pixels; `NOT_FOUND` or `IO` for a URL that can't be fetched; `INVALID_ARGUMENT` for an option
 *   outside its range; `UNSUPPORTED` outside browsers.
 *
 * @example
 * ```ts
 * const images = await browserImages(input.files ?? []);
 * const predicted = await classifier.predict(images);
 * ```
 */
export async function browserImages(
  sources: Iterable<BrowserImage>,
  options: BrowserImagesOptions = {},
): Promise<Images> {
  checkOptions('browserImages', options, [...SHAPE_OPTIONS, ...RUN_OPTIONS]);
  const shape = imageShape(options);
  if (typeof sources !== 'object' || sources === null || !(Symbol.iterator in sources)) {
    const message = `the sources are ${describeValue(sources)}: give a list of files, such as input.files.`;
    throw new FerError('INVALID_ARGUMENT', message);
  }
  if (typeof createImageBitmap !== 'function' || typeof OffscreenCanvas !== 'function') {
    throw new FerError('UNSUPPORTED', 'there is no canvas here: in Node, use loadImages of fer-data/node.');
  }
  const { signal } = options;
  const { channels } = shape;
  const list = [...sources];
  const bytes = shape.height * shape.width * channels;
  const images = new Uint8Array(list.length * bytes);
  for (const [i, source] of list.entries()) {
    await breathe(signal);
    const { data, width, height } = await readPixels(source, nameOf(source, i), signal);
    const rgb = onBlack(data);
    const pixels = channels === 1 ? greyBytes(rgb) : rgb;
    images.set(lanczos({ height, width, channels }, shape)(pixels), i * bytes);
    options.onProgress?.({ kind: 'transform', done: i + 1, total: list.length });
  }
  return { images, n: list.length, ...shape };
}

function nameOf(source: BrowserImage, index: number): string {
  if (typeof source === 'string' || source instanceof URL) return String(source);
  // In plain JavaScript a source may be anything; reading it then throws.
  const { name } = (source ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : `image ${index + 1}`;
}

async function readPixels(source: BrowserImage, file: string, signal?: AbortSignal): Promise<ImageData> {
  if (source instanceof ImageData) return source;
  const image = typeof source === 'string' || source instanceof URL ? await fetchBlob(source, signal) : source;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(image, { imageOrientation: 'from-image' });
  } catch (cause) {
    const { message } = cause as Error;
    throw new FerError('INVALID_DATA', `not an image that can be read (${message}): replace it.`, { file }, { cause });
  }
  try {
    const { width, height } = bitmap;
    if (width * height > MOST_PIXELS) {
      throw new FerError('INVALID_DATA', `${width}×${height} pixels are too many: shrink it first.`, { file });
    }
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new FerError('UNSUPPORTED', 'the browser gives no 2D canvas: use another browser.', { file });
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } catch (cause) {
    if (cause instanceof FerError) throw cause;
    throw new FerError(
      'INVALID_DATA',
      `its pixels can't be read (${(cause as Error).message}): replace it.`,
      { file },
      { cause },
    );
  } finally {
    bitmap.close();
  }
}

async function fetchBlob(url: string | URL, signal?: AbortSignal): Promise<Blob> {
  const response = await fetchResponse(url, { signal });
  return response.blob().catch((cause) => {
    signal?.throwIfAborted();
    const file = String(url);
    throw new FerError('IO', 'the connection broke off: check the network.', { file }, { cause });
  });
}

/** Converts RGBA pixels to RGB, on black where they are transparent. */
function onBlack(rgba: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0, at = 0; at < rgba.length; at += 4) {
    for (let c = 0; c < 3; c++) rgb[i++] = Math.round((rgba[at + c] * rgba[at + 3]) / 255);
  }
  return rgb;
}
