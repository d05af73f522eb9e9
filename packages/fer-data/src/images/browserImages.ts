import { breathe, FerError, type Images, type RunOptions } from 'fer-core';
import { toGrey } from './grey.js';
import { lanczos } from './lanczos.js';

/** Most pixels an image may have before it is resized, as in Node. */
const MOST_PIXELS = 100_000_000;

/** What a browser has of an image: a `File` or other `Blob`, a URL, pixels, or an element that shows one. */
export type BrowserImage = Blob | string | URL | ImageData | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas;

/** Options of {@link browserImages}. */
export interface BrowserImagesOptions extends RunOptions {
  /** Height and width of the result, in pixels; images of another size are resized. @default 48 */
  readonly size?: number;
  /** 1 for grey, 3 for RGB. @default 1 */
  readonly channels?: 1 | 3;
}

/**
 * Images in a browser (or a worker of one), as classifiers take them: turned as EXIF says, on black where transparent,
 * greyed by BT.601. With `labels` and `classes` added, the result is a data set.
 *
 * An opaque PNG of the right size gives the very bytes that `loadImageFolder` gives in Node; one that is resized differs
 * by a few grey levels at most at edges, since Node's resampling shrinks in two steps.
 *
 * @throws FerError `INVALID_DATA`, naming the image by its file, URL or 1-based place, for what is no image or too large
 * a one; `NOT_FOUND` or `IO` for a URL that can't be fetched; `UNSUPPORTED` outside browsers.
 *
 * @example
 * ```ts
 * const images = await browserImages(input.files);
 * const predicted = await classifier.predict(images);
 * ```
 */
export async function browserImages(
  sources: Iterable<BrowserImage>,
  options: BrowserImagesOptions = {},
): Promise<Images> {
  const { size = 48, channels = 1, signal, onProgress } = options;
  if (!Number.isInteger(size) || size < 1) {
    throw new FerError('INVALID_ARGUMENT', `size is ${size}: it must be a whole number from 1.`);
  }
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_ARGUMENT', `channels is ${channels}: it must be 1 or 3.`);
  }
  if (typeof createImageBitmap !== 'function' || typeof OffscreenCanvas !== 'function') {
    throw new FerError('UNSUPPORTED', 'this is no browser: use loadImageFolder of fer-data/node.');
  }
  const list = [...sources];
  const bytes = size * size * channels;
  const images = new Uint8Array(list.length * bytes);
  for (const [i, source] of list.entries()) {
    await breathe(signal);
    const name = nameOf(source, i);
    const { data, width, height } = await readPixels(source, name, signal);
    const rgb = onBlack(data);
    const pixels = channels === 1 ? toGrey(rgb) : rgb;
    images.set(lanczos(pixels, { height, width, channels }, { height: size, width: size }), i * bytes);
    onProgress?.({ kind: 'transform', done: i + 1, total: list.length });
  }
  return { images, n: list.length, height: size, width: size, channels };
}

function nameOf(source: BrowserImage, index: number): string {
  if (typeof source === 'string' || source instanceof URL) return String(source);
  return 'name' in source && typeof source.name === 'string' ? source.name : `image ${index + 1}`;
}

async function readPixels(source: BrowserImage, file: string, signal?: AbortSignal): Promise<ImageData> {
  if (source instanceof ImageData) return source;
  const image = typeof source === 'string' || source instanceof URL ? await fetchBlob(source, file, signal) : source;
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
    if (!context) throw new FerError('UNSUPPORTED', 'no canvas to be had here.', { file });
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } catch (cause) {
    if (cause instanceof FerError) throw cause;
    throw new FerError('INVALID_DATA', `its pixels can't be read (${(cause as Error).message}).`, { file }, { cause });
  } finally {
    bitmap.close();
  }
}

async function fetchBlob(url: string | URL, file: string, signal?: AbortSignal): Promise<Blob> {
  try {
    const response = await fetch(url, { signal });
    if (response.ok) return await response.blob();
    const code = response.status === 404 ? 'NOT_FOUND' : 'IO';
    throw new FerError(code, `the server answered ${response.status}: check the address.`, { file });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof FerError) throw cause;
    throw new FerError('IO', 'the request failed: check the address and the network.', { file }, { cause });
  }
}

/** RGBA as RGB on black. */
function onBlack(rgba: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0, at = 0; at < rgba.length; at += 4) {
    for (let c = 0; c < 3; c++) rgb[i++] = Math.round((rgba[at + c] * rgba[at + 3]) / 255);
  }
  return rgb;
}
