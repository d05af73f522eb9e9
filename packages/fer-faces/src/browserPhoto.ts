import { checkOptions, describeValue, FerError, fetchBytes } from 'fer-core';
import { declaredSize } from './declaredSize.js';
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
 * const photo = await browserPhoto(input.files![0]!);
 * const faces = await detector.detect(photo);
 * ```
 */
export async function browserPhoto(source: PhotoSource, options: BrowserPhotoOptions = {}): Promise<Photo> {
  checkOptions('browserPhoto', options, ['maxSide', 'signal']);
  const { maxSide = Number.POSITIVE_INFINITY, signal } = options;
  signal?.throwIfAborted();
  if (maxSide !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxSide) && maxSide >= 1)) {
    throw new FerError('INVALID_ARGUMENT', `maxSide is ${describeValue(maxSide)}: it must be a whole number from 1.`);
  }
  if (typeof createImageBitmap !== 'function' || typeof OffscreenCanvas !== 'function') {
    throw new FerError('UNSUPPORTED', 'there is no canvas here: in Node, use loadPhoto of fer-faces/node.');
  }
  const file = nameOf(source);
  const isAddress = typeof source === 'string' || source instanceof URL;
  const shown = isAddress ? new Blob([await fetchBytes(source, { signal })]) : source;
  if (isPlain(shown) && Math.max(shown.width, shown.height) <= maxSide) {
    checkSize(shown, file);
    return { pixels: onBlack(shown.data as Uint8ClampedArray), width: shown.width, height: shown.height };
  }
  const live = liveSize(shown);
  if (live) return read(shown as Drawable, live, maxSide, file);
  if (shown instanceof Blob) {
    const declared = await declaredSize(shown).catch((cause: Error) => {
      throw new FerError('INVALID_DATA', `the file can't be read (${cause.message}): choose it again.`, { file });
    });
    signal?.throwIfAborted();
    if (declared) checkSize(declared, file);
  }
  const bitmap = await createImageBitmap(shown, { imageOrientation: 'from-image' }).catch((cause: Error) => {
    throw new FerError('INVALID_DATA', `not an image that can be read (${cause.message}): give a JPEG, PNG or WebP.`, {
      file,
    });
  });
  try {
    return read(bitmap, bitmap, maxSide, file);
  } finally {
    bitmap.close();
  }
}

/** Width and height in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a canvas draws without a copy being made first. */
type Drawable = ImageBitmap | HTMLCanvasElement | OffscreenCanvas | HTMLVideoElement | VideoFrame;

/** Whether a source is pixels as a photo has them, so that no canvas is needed. */
function isPlain(source: unknown): source is ImageData {
  if (typeof ImageData !== 'function' || !(source instanceof ImageData)) return false;
  return source.colorSpace === 'srgb' && source.data instanceof Uint8ClampedArray;
}

/** Returns the size of a source that can be drawn at once; undefined for others, which have to be decoded first. */
function liveSize(source: unknown): Size | undefined {
  const isA = (name: keyof typeof globalThis): boolean => {
    const type: unknown = globalThis[name];
    return typeof type === 'function' && source instanceof type;
  };
  if (isA('HTMLVideoElement')) {
    const { readyState, videoWidth: width, videoHeight: height } = source as HTMLVideoElement;
    // Before the first frame, the decoder gives the reason.
    return readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && width > 0 ? { width, height } : undefined;
  }
  if (isA('VideoFrame')) {
    const { displayWidth: width, displayHeight: height } = source as VideoFrame;
    return width > 0 ? { width, height } : undefined;
  }
  if (!isA('HTMLCanvasElement') && !isA('OffscreenCanvas') && !isA('ImageBitmap')) return undefined;
  const { width, height } = source as Size;
  return width > 0 && height > 0 ? { width, height } : undefined;
}

function checkSize({ width, height }: Size, file?: string): void {
  if (width * height <= MOST_PIXELS) return;
  const limit = MOST_PIXELS.toLocaleString('en');
  throw new FerError(
    'INVALID_DATA',
    `${width}×${height} pixels are too many: shrink it to at most ${limit} pixels first.`,
    { file },
  );
}

function read(source: Drawable, size: Size, maxSide: number, file?: string): Photo {
  checkSize(size, file);
  const scale = Math.min(1, maxSide / Math.max(size.width, size.height));
  const [width, height] = [size.width, size.height].map((side) => Math.max(1, Math.round(side * scale)));
  return { pixels: onBlack(readPixels(source, width, height, file)), width, height };
}

/** All calls share one canvas: making one for each frame of a camera takes longer than reading the pixels. */
let context: OffscreenCanvasRenderingContext2D | null | undefined;

function readPixels(source: Drawable, width: number, height: number, file?: string): Uint8ClampedArray {
  context ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (!context) throw new FerError('UNSUPPORTED', 'the browser gives no 2D canvas: use another browser.', { file });
  const { canvas } = context;
  // Setting a size clears the canvas, even if the size doesn't change.
  canvas.width = width;
  canvas.height = height;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
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
  // Four opaque pixels at a time, as words: a camera's frame is converted before anything else can happen with it.
  const from = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
  const to = new Uint32Array(rgb.buffer, 0, Math.floor(rgb.length / 4));
  const isOpaque = (word: number): boolean => word >>> 24 === 255;
  let pixel = 0;
  if (isLittleEndian()) {
    for (let word = 0; pixel + 4 <= from.length; pixel += 4, word += 3) {
      const a = from[pixel];
      const b = from[pixel + 1];
      const c = from[pixel + 2];
      const d = from[pixel + 3];
      if (!isOpaque(a & b & c & d)) break;
      to[word] = (a & 0xffffff) | (b << 24);
      to[word + 1] = ((b >>> 8) & 0xffff) | (c << 16);
      to[word + 2] = ((c >>> 16) & 0xff) | (d << 8);
    }
  }
  for (let i = 3 * pixel, at = 4 * pixel; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3];
    for (let c = 0; c < 3; c++) rgb[i++] = alpha === 255 ? rgba[at + c] : Math.round((rgba[at + c] * alpha) / 255);
  }
  return rgb;
}

/** Whether the first byte of a word is its lowest, as on all common processors. */
function isLittleEndian(): boolean {
  return new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
}
