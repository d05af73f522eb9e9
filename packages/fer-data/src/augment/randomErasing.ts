import { checkOptions, type ImageShape, type Random } from 'fer-core';
import { checkNumber, checkRange, type NumberRange } from './range.js';

/** How often a rectangle is drawn until one fits. After that, the image is left as it is. */
const ATTEMPTS = 10;

/** Options of random erasing. */
export interface ErasingOptions {
  /**
   * Share of the images in which a rectangle is erased, 0..1.
   * @default 0.5
   */
  readonly probability?: number | undefined;
  /**
   * Smallest and largest area, as a share of the image's area.
   * @default [0.02, 0.4]
   */
  readonly area?: NumberRange | undefined;
  /**
   * Smallest and largest aspect ratio (height/width), drawn uniformly on a logarithmic scale.
   * @default [0.3, 3.33]
   */
  readonly aspect?: NumberRange | undefined;
  /**
   * What fills the rectangle: uniform noise, or one grey level 0..255.
   * @default 'noise'
   */
  readonly fill?: 'noise' | number | undefined;
}

/** {@link ErasingOptions} with their defaults. */
export type Erasing = Required<ErasingOptions>;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws FerError `INVALID_ARGUMENT` for an option outside its range.
 */
export function resolveErasing(options: ErasingOptions): Erasing {
  checkOptions('erasing', options, ['probability', 'area', 'aspect', 'fill']);
  const { probability = 0.5, area = [0.02, 0.4], aspect = [0.3, 3.33], fill = 'noise' } = options;
  checkNumber('erasing.probability', probability, 0, 1);
  checkRange('erasing.area', area, 0, 1);
  checkRange('erasing.aspect', aspect, 0.01, 100);
  if (fill !== 'noise') checkNumber('erasing.fill', fill, 0, 255);
  return { probability, area, aspect, fill };
}

/**
 * Random erasing (Zhong, Zheng, Kang, Li & Yang, 2017, arXiv 1708.04896, algorithm 1), in place: a rectangle of random
 * area, aspect ratio and position is overwritten. The aspect ratio is drawn on a logarithmic scale, so that wide and tall
 * rectangles are equally likely. A rectangle that doesn't fit is drawn again, at most ten times.
 *
 * @param image - One image.
 */
export function eraseRectangle(image: Uint8ClampedArray, shape: ImageShape, erasing: Erasing, random: Random): void {
  const { height, width, channels } = shape;
  const { probability, area, aspect, fill } = erasing;
  if (random.uniform() >= probability) return;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const size = random.between(area[0], area[1]) * height * width;
    const ratio = Math.exp(random.between(Math.log(aspect[0]), Math.log(aspect[1])));
    const rows = Math.round(Math.sqrt(size * ratio));
    const columns = Math.round(Math.sqrt(size / ratio));
    if (rows > height || columns > width) continue;
    const top = random.int(height - rows + 1);
    const left = random.int(width - columns + 1);
    for (let row = top; row < top + rows; row++) {
      const start = (row * width + left) * channels;
      const end = start + columns * channels;
      if (fill === 'noise') for (let i = start; i < end; i++) image[i] = random.uint32() >>> 24;
      else image.fill(fill, start, end);
    }
    return;
  }
}
