import * as tf from '@tensorflow/tfjs-core';
import { checkImages, describeValue, FerError, type Images, type JsonObject } from 'fer-core';
import { adaptImages } from './adaptImages.js';

/**
 * How a backbone prepares images for its first layer. It is part of the backbone and saved with it, so that a loaded
 * backbone always gets the right input.
 */
export interface Preprocessing {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /**
   * - `scale`: pixels / 255, as the original.
   * - `standardise`: each image to mean 0 and standard deviation 1 (the deviation is at least 1/√pixels, as in
   *   TensorFlow's per_image_standardization).
   * - `{ scale, offset }`: pixels · scale + offset, e.g. `{ scale: 1 / 127.5, offset: -1 }` for [−1, 1].
   */
  readonly values: 'scale' | 'standardise' | Affine;
  /**
   * Whether to accept images of any size, grey or RGB. They are resized bilinearly without keeping their aspect ratio.
   * Shrinking antialiases, as Pillow and PyTorch's `antialias=True` do. Grey is repeated to make RGB; RGB becomes luma
   * (Rec. 601) to make grey.
   *
   * @default false: other images are refused
   */
  readonly adapt?: boolean | undefined;
}

/** Pixels · scale + offset. One number, or one per channel. */
export interface Affine {
  readonly scale: number | readonly number[];
  /** @default 0 */
  readonly offset?: number | readonly number[] | undefined;
}

/**
 * Checks a preprocessing.
 *
 * @throws FerError `INVALID_ARGUMENT`.
 */
export function checkPreprocessing(how: Preprocessing): void {
  if (typeof how !== 'object' || how === null) {
    refuse(`it is ${describeValue(how)}: give { height, width, channels, values }`);
  }
  for (const name of ['height', 'width', 'channels'] as const) {
    if (!(Number.isInteger(how[name]) && how[name] >= 1)) {
      refuse(`${name} is ${describeValue(how[name])}: it must be a whole number from 1`);
    }
  }
  const { values, channels, adapt } = how;
  if (adapt !== undefined && typeof adapt !== 'boolean')
    refuse(`adapt is ${describeValue(adapt)}: it must be true or false`);
  if (adapt && channels !== 1 && channels !== 3) refuse(`adapt makes grey or RGB, not ${channels} channels`);
  if (values === 'scale' || values === 'standardise') return;
  if (typeof values !== 'object' || values === null) {
    refuse(`values is ${describeValue(values)}: it must be 'scale', 'standardise' or { scale, offset }`);
  }
  const { scale, offset = 0, ...others } = values;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuse(`values has an unknown property ${unknown}: it may have scale and offset`);
  for (const [name, given] of Object.entries({ scale, offset })) {
    const list = Array.isArray(given) ? given : [given];
    if (!Array.from(list).every((value) => typeof value === 'number' && Number.isFinite(value))) {
      refuse(`values.${name} is ${describeList(given)}: it must be a number, or a list of one per channel`);
    }
    if (name === 'scale' && list.every((value) => value === 0)) refuse('values.scale is 0: all images would be alike');
    if (Array.isArray(given) && given.length !== channels) {
      refuse(`values.${name} has ${given.length} numbers for ${channels} channels: give one each`);
    }
  }
}

function describeList(given: unknown): string {
  return Array.isArray(given) ? `[${given.map(describeValue).join(', ')}]` : describeValue(given);
}

function refuse(message: string): never {
  throw new FerError('INVALID_ARGUMENT', `preprocessing: ${message}.`);
}

/** A preprocessing as it is saved. */
export function preprocessingToJson(how: Preprocessing): JsonObject {
  checkPreprocessing(how);
  const { height, width, channels, values, adapt } = how;
  const saved = typeof values === 'string' ? values : { scale: values.scale, offset: values.offset ?? 0 };
  return { height, width, channels, values: saved, ...(adapt && { adapt }) };
}

/**
 * The numbers of an affine preprocessing, one per channel; undefined for `standardise`.
 */
export function affineOf({ values, channels }: Preprocessing): Record<'scale' | 'offset', number[]> | undefined {
  if (values === 'standardise') return undefined;
  const { scale, offset = 0 }: Affine = values === 'scale' ? { scale: 1 / 255 } : values;
  const each = (given: number | readonly number[]) =>
    Array.from({ length: channels }, (_, c) => (typeof given === 'number' ? given : given[c]));
  return { scale: each(scale), offset: each(offset) };
}

/** Some rows of a batch of images as the float tensor [n, height, width, channels] that the network takes. */
export function toTensor(images: Images, rows: readonly [start: number, end: number], how: Preprocessing): tf.Tensor4D {
  const { height, width, channels } = how;
  return tf.tensor4d(toValues(images, rows, how), [rows[1] - rows[0], height, width, channels]);
}

/**
 * Converts images to the floats that a network takes: n × height × width × channels, row-major. For networks that don't
 * run on TensorFlow.js; a `LayersBackbone` does this itself.
 *
 * @throws FerError `INVALID_ARGUMENT` for a preprocessing that breaks its contract; `INVALID_DATA` for images that
 *   break theirs, or that have another size or colour than the preprocessing takes.
 *
 * @example
 * ```ts
 * const pixels = preprocess(face, { height: 48, width: 48, channels: 1, values: { scale: 1 / 127.5, offset: -1 } });
 * console.log(pixels.length); // 2304, each in -1..1
 * ```
 */
export function preprocess(images: Images, how: Preprocessing): Float32Array {
  checkPreprocessing(how);
  checkImages(images);
  return toValues(images, [0, images.n], how);
}

/** As {@link toTensor}, the values alone. */
export function toValues(
  images: Images,
  rows: readonly [start: number, end: number],
  how: Preprocessing,
): Float32Array<ArrayBuffer> {
  const { height, width, channels } = how;
  const size = height * width * channels;
  const pixels = pixelsOf(images, rows, how);
  const values = new Float32Array(pixels.length);
  if (how.values === 'scale') {
    for (let i = 0; i < pixels.length; i++) values[i] = pixels[i] / 255;
  } else if (how.values === 'standardise') {
    for (let start = 0; start < pixels.length; start += size) standardise(pixels, values, start, size);
  } else {
    const { scale, offset } = affineOf(how)!;
    for (let i = 0; i < pixels.length; i += channels) {
      for (let c = 0; c < channels; c++) values[i + c] = pixels[i + c] * scale[c] + offset[c];
    }
  }
  return values;
}

type Pixels = Uint8Array | Float32Array;

function pixelsOf(images: Images, [start, end]: readonly [number, number], how: Preprocessing): Pixels {
  const { height, width, channels } = images;
  const size = height * width * channels;
  const bytes = images.images.subarray(start * size, end * size);
  if (height === how.height && width === how.width && channels === how.channels) return bytes;
  if (how.adapt) return adaptImages({ ...images, images: bytes, n: end - start }, how);
  const [given, taken] = [images, how].map((of) => `${of.height}×${of.width}×${of.channels}`);
  throw new FerError(
    'INVALID_DATA',
    `images are ${given}, the backbone takes ${taken}: ${remedy(images, how)}, or use a backbone with "adapt" in its ` +
      'preprocessing.',
  );
}

function remedy({ channels, height, width }: Images, how: Preprocessing): string {
  const steps: string[] = [];
  if (channels !== how.channels) {
    const converters: Record<number, string> = {
      1: "convert them to grey (fer-data's toGrey)",
      3: "convert them to RGB (fer-data's toRgb)",
    };
    steps.push(converters[how.channels] ?? `load them with ${how.channels} channels`);
  }
  if (height !== how.height || width !== how.width) steps.push("resize them (fer-data's resizeImages)");
  return steps.join(' and ');
}

function standardise(pixels: Pixels, values: Float32Array, start: number, size: number): void {
  let sum = 0;
  let squares = 0;
  for (let i = start; i < start + size; i++) {
    sum += pixels[i];
    squares += pixels[i] * pixels[i];
  }
  const mean = sum / size;
  const deviation = Math.sqrt(Math.max(0, squares / size - mean * mean));
  const scale = 1 / Math.max(deviation, 255 / Math.sqrt(size));
  for (let i = start; i < start + size; i++) values[i] = (pixels[i] - mean) * scale;
}
