import {
  type Augmentation,
  checkImages,
  checkOptions,
  checkRandom,
  describeValue,
  FerError,
  type Fill,
  type Random,
  resampleAffine,
} from 'fer-core';
import { type AffineChange, affineMatrix } from './affine.js';
import { type ErasingOptions, eraseRectangle, resolveErasing } from './randomErasing.js';
import { amountRange, checkNumber, factorRange, type NumberRange } from './range.js';

/**
 * Options of {@link augment}: those of Keras' `ImageDataGenerator`, with the same meaning and defaults, and contrast,
 * noise and erasing. Where an option is an amount a, a number from [−a, a] is drawn uniformly for each image.
 */
export interface AugmentOptions {
  /**
   * Rotation in degrees, 0..180.
   * @default 0
   */
  readonly rotation?: number | undefined;
  /**
   * Horizontal shift, as a share of the width, 0..1.
   * @default 0
   */
  readonly widthShift?: number | undefined;
  /**
   * Vertical shift, as a share of the height, 0..1.
   * @default 0
   */
  readonly heightShift?: number | undefined;
  /**
   * Shear in degrees, 0..89, as in Keras 3. Early versions of Keras took radians: a script's 0.2 may have meant 11.5
   * degrees.
   * @default 0
   */
  readonly shear?: number | undefined;
  /**
   * Range of zoom factors within 0.1..10, drawn for width and height separately. Factors below 1 enlarge the content. A
   * number z stands for [1 − z, 1 + z].
   * @default 0
   */
  readonly zoom?: number | NumberRange | undefined;
  /**
   * Share of the images that are mirrored left to right, 0..1. `true` stands for one half.
   * @default false
   */
  readonly horizontalFlip?: boolean | number | undefined;
  /**
   * What fills the area beyond the image's edges: `nearest` aaaa|abcd|dddd, `reflect` dcba|abcd|dcba, `wrap`
   * abcd|abcd|abcd, or a grey level 0..255 (Keras' `constant` with its `cval`).
   * @default 'nearest'
   */
  readonly fill?: Fill | undefined;
  /**
   * Range of brightness factors within 0..10. A number b stands for [1 − b, 1 + b].
   * @default 0
   */
  readonly brightness?: number | NumberRange | undefined;
  /**
   * Range of contrast factors within 0..10: they multiply each value's distance from the image's mean. A number c stands
   * for [1 − c, 1 + c].
   * @default 0
   */
  readonly contrast?: number | NumberRange | undefined;
  /**
   * Range of the standard deviation of Gaussian noise, in grey levels within 0..128. A number s stands for [0, s]. Each
   * value gets its own noise.
   * @default 0
   */
  readonly noise?: number | NumberRange | undefined;
  /**
   * Random erasing: a rectangle of the image is overwritten. `true` takes the defaults of {@link ErasingOptions}.
   * @default false
   */
  readonly erasing?: boolean | ErasingOptions | undefined;
}

/**
 * An augmentation like Keras' `ImageDataGenerator`. Rotation, shifts, shear, zoom and flip are composed into one bilinear
 * resampling. Then brightness and contrast are changed and noise is added. Only after that are values rounded to grey
 * levels. Erasing comes last.
 *
 * Image i of a batch depends on `random.split(i)` alone. Its numbers are drawn from there in a fixed order (rotation,
 * height shift, width shift, shear, zoom of x and y, flip, brightness, contrast, erasing; noise has a stream of its own),
 * whether they are used or not. So batches can be made on any number of workers, and turning one option on doesn't change
 * the others.
 *
 * The code of Keras 3 swaps the axes of its shifts (`height_shift_range` moves columns). Here each option moves the axis
 * in its name, as Keras documents it.
 *
 * @throws FerError `INVALID_ARGUMENT` for an option outside its range. The augmentation throws `INVALID_DATA` for images
 *   that break their contract.
 *
 * @example
 * ```ts
 * const augmentation = augment({ rotation: 10, widthShift: 0.1, heightShift: 0.1, zoom: 0.1, horizontalFlip: true });
 * await backbone.fit(train, { augmentation });
 * ```
 */
export function augment(options: AugmentOptions = {}): Augmentation {
  const settings = resolve(options);
  const { fill, noise, erasing } = settings;
  return (batch, random) => {
    checkImages(batch);
    checkRandom(random);
    const { images, n, height, width, channels } = batch;
    const size = height * width * channels;
    const augmented = new Uint8ClampedArray(images.length);
    const matrix = new Float64Array(6);
    const pixels = new Float32Array(size);
    for (let i = 0; i < n; i++) {
      const ofImage = random.split(i);
      const drawn = draw(settings, ofImage, height, width);
      affineMatrix(matrix, drawn, height, width);
      resampleAffine(pixels, batch, images.subarray(i * size, (i + 1) * size), batch, matrix, fill);
      shade(pixels, drawn);
      if (noise[1] > 0) addNoise(pixels, noise, ofImage.split('noise'));
      // A clamped array rounds, and bounds values to 0..255.
      augmented.set(pixels, i * size);
      if (erasing) eraseRectangle(augmented.subarray(i * size, (i + 1) * size), batch, erasing, ofImage);
    }
    return { images: new Uint8Array(augmented.buffer), n, height, width, channels };
  };
}

/** The numbers drawn for one image. */
interface Draws extends AffineChange {
  brightness: number;
  contrast: number;
}

type Settings = ReturnType<typeof resolve>;

const OPTIONS = [
  'rotation',
  'widthShift',
  'heightShift',
  'shear',
  'zoom',
  'horizontalFlip',
  'fill',
  'brightness',
  'contrast',
  'noise',
  'erasing',
];

function resolve(options: AugmentOptions) {
  checkOptions('augment', options, OPTIONS);
  const { rotation = 0, widthShift = 0, heightShift = 0, shear = 0, fill = 'nearest' } = options;
  const { horizontalFlip = false, erasing = false } = options;
  const { zoom = 0, brightness = 0, contrast = 0, noise = 0 } = options;
  const flip = typeof horizontalFlip === 'boolean' ? Number(horizontalFlip) / 2 : horizontalFlip;
  checkNumber('rotation', rotation, 0, 180);
  checkNumber('widthShift', widthShift, 0, 1);
  checkNumber('heightShift', heightShift, 0, 1);
  checkNumber('shear', shear, 0, 89);
  checkNumber('horizontalFlip', flip, 0, 1);
  if (typeof fill === 'number') checkNumber('fill', fill, 0, 255);
  else if (!['nearest', 'reflect', 'wrap'].includes(fill)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `fill is ${describeValue(fill)}: it must be 'nearest', 'reflect', 'wrap' or a grey level.`,
    );
  }
  return {
    rotation,
    widthShift,
    heightShift,
    shear,
    flip,
    fill,
    zoom: factorRange('zoom', zoom, 0.1, 10),
    brightness: factorRange('brightness', brightness, 0, 10),
    contrast: factorRange('contrast', contrast, 0, 10),
    noise: amountRange('noise', noise, 128),
    erasing: erasing === false ? undefined : resolveErasing(erasing === true ? {} : erasing),
  };
}

/** Draws the numbers of one image. Their order is part of the contract: properties are evaluated as written. */
function draw(settings: Settings, random: Random, height: number, width: number): Draws {
  const { rotation, heightShift, widthShift, shear, zoom, flip, brightness, contrast } = settings;
  return {
    rotation: random.between(-rotation, rotation),
    shiftY: random.between(-heightShift, heightShift) * height,
    shiftX: random.between(-widthShift, widthShift) * width,
    shear: random.between(-shear, shear),
    zoomX: random.between(zoom[0], zoom[1]),
    zoomY: random.between(zoom[0], zoom[1]),
    mirrored: random.uniform() < flip,
    brightness: random.between(brightness[0], brightness[1]),
    contrast: random.between(contrast[0], contrast[1]),
  };
}

/** Changes brightness b and contrast c about the image's mean m: v becomes b·(m + c·(v − m)). */
function shade(pixels: Float32Array, { brightness, contrast }: Draws): void {
  if (brightness === 1 && contrast === 1) return;
  let mean = 0;
  if (contrast !== 1) {
    for (let i = 0; i < pixels.length; i++) mean += pixels[i];
    mean /= pixels.length;
  }
  const factor = brightness * contrast;
  const shift = brightness * (1 - contrast) * mean;
  for (let i = 0; i < pixels.length; i++) pixels[i] = factor * pixels[i] + shift;
}

/** Adds Gaussian noise, with one standard deviation for the image. */
function addNoise(pixels: Float32Array, [low, high]: NumberRange, random: Random): void {
  const deviation = random.between(low, high);
  for (let i = 0; i < pixels.length; i++) pixels[i] += deviation * random.normal();
}
