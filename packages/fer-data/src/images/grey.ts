import { checkImages, FerError, type Images } from 'fer-core';

/**
 * Converts RGB images to grey, by the luma of ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B, in the fixed-point form of
 * OpenCV and Pillow. A data set keeps its labels.
 *
 * @param batch - RGB or grey images. Is not changed.
 * @returns Images of one channel; the same object if they are grey already.
 * @throws FerError `INVALID_DATA` for images that break their contract or have neither 1 nor 3 channels.
 *
 * @example
 * ```ts
 * const labels = await classifier.predict(toGrey(photos));
 * ```
 */
export function toGrey<I extends Images>(batch: I): I {
  return convert(batch, 1, greyBytes);
}

/**
 * Converts grey images to RGB: each grey level becomes a pixel of three equal values. A data set keeps its labels.
 *
 * @param batch - Grey or RGB images. Is not changed.
 * @returns Images of three channels; the same object if they are RGB already.
 * @throws FerError `INVALID_DATA` for images that break their contract or have neither 1 nor 3 channels.
 *
 * @example
 * ```ts
 * const { channels, images } = toRgb(face); // channels: 3, three times the bytes
 * ```
 */
export function toRgb<I extends Images>(batch: I): I {
  return convert(batch, 3, rgbBytes);
}

function convert<I extends Images>(batch: I, channels: 1 | 3, bytes: (images: Uint8Array) => Uint8Array): I {
  checkImages(batch);
  if (batch.channels !== 1 && batch.channels !== 3) {
    throw new FerError('INVALID_DATA', `images have ${batch.channels} channels: give grey (1) or RGB (3) images.`);
  }
  return batch.channels === channels ? batch : { ...batch, images: bytes(batch.images), channels };
}

/**
 * The luma of n pixels: (19595 R + 38470 G + 7471 B + 32768) / 65536, rounded down. A grey pixel keeps its value.
 *
 * @param rgb - n × 3 bytes.
 * @returns n bytes.
 */
export function greyBytes(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    grey[i] = (19595 * rgb[at] + 38470 * rgb[at + 1] + 7471 * rgb[at + 2] + 32768) >>> 16;
  }
  return grey;
}

/** Each of n grey levels three times. */
export function rgbBytes(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * grey.length);
  for (let i = 0; i < rgb.length; i++) rgb[i] = grey[Math.floor(i / 3)];
  return rgb;
}
