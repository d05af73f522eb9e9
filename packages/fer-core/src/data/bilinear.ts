import { checkArray, checkFunction } from '../arguments.js';
import { describeValue, FerError } from '../errors.js';
import { checkOptions } from '../options.js';
import { checkImages, type Images } from './images.js';

/** How the area beyond an image's edge is filled. A number is a constant grey level, 0..255. */
export type Fill = 'nearest' | 'reflect' | 'wrap' | number;

/** The sizes of one image. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Coordinates outside by less than this count as on the edge: rounding must not turn a border into the constant. */
const SLACK = 1e-6;

/**
 * Resamples images through affine maps by bilinear interpolation. All results have the same size.
 *
 * @param matrixOf - Called with the index of each image in order: the 2×3 matrix that takes a pixel of the new image to
 *   where it comes from in the given one, source x = m₀·x + m₁·y + m₂, source y = m₃·x + m₄·y + m₅.
 * @param options - `height` and `width` of the new images in pixels (by default those of the given ones), and `fill`
 *   (by default `nearest`).
 * @returns New images; values are rounded to the nearest byte, rounding half up.
 * @throws FerError `INVALID_DATA` if the images break their contract, `INVALID_ARGUMENT` for a size that is not a
 *   whole number from 1.
 *
 * @example
 * ```ts
 * const mirrored = warpAffine(faces, () => [-1, 0, faces.width - 1, 0, 1, 0]);
 * const halved = warpAffine(faces, () => [2, 0, 0.5, 0, 2, 0.5], { height: 24, width: 24 });
 * ```
 */
export function warpAffine(
  images: Images,
  matrixOf: (image: number) => ArrayLike<number>,
  options: {
    readonly height?: number | undefined;
    readonly width?: number | undefined;
    readonly fill?: Fill | undefined;
  } = {},
): Images {
  checkOptions('warpAffine', options, ['height', 'width', 'fill']);
  checkImages(images);
  checkFunction('matrixOf', matrixOf);
  const { height = images.height, width = images.width, fill = 'nearest' } = options;
  if (!(Number.isInteger(height) && height >= 1 && Number.isInteger(width) && width >= 1)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `new images of ${describeValue(height)}×${describeValue(width)}: give whole numbers from 1.`,
    );
  }
  checkFill(fill);
  const { n, channels } = images;
  const size = images.height * images.width * channels;
  const target = new Float32Array(height * width * channels);
  const bytes = new Uint8Array(n * target.length);
  for (let i = 0; i < n; i++) {
    const source = images.images.subarray(i * size, (i + 1) * size);
    resampleAffine(target, { height, width }, source, images, checkMatrixOf(matrixOf(i)), fill);
    const start = i * target.length;
    for (let at = 0; at < target.length; at++) {
      bytes[start + at] = Math.min(255, Math.max(0, Math.floor(target[at] + 0.5)));
    }
  }
  return { images: bytes, n, height, width, channels };
}

/** @throws FerError `INVALID_ARGUMENT` */
function checkMatrixOf(matrix: ArrayLike<number>): ArrayLike<number> {
  checkArray('the numbers of a matrix', matrix);
  if (matrix.length === 6 && Array.from(matrix).every(Number.isFinite)) return matrix;
  throw new FerError(
    'INVALID_ARGUMENT',
    `matrix [${Array.from(matrix, describeValue).join(', ')}]: give six finite numbers.`,
  );
}

function checkFill(fill: unknown): void {
  if (typeof fill === 'number' && fill >= 0 && fill <= 255) return;
  if (typeof fill === 'string' && Object.hasOwn(EDGE_RULES, fill)) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `fill is ${describeValue(fill)}: give 'nearest', 'reflect', 'wrap' or a grey level of 0..255.`,
  );
}

/**
 * Resamples one image through an affine map by bilinear interpolation, without rounding. Used by {@link warpAffine} and
 * by fer-data's `augment`. Arguments are not checked.
 *
 * Most pixels have all four neighbours within the image; only the others need the fill rule.
 *
 * @param target - height × width × channels numbers in 0..255 to fill.
 * @param size - Height and width of the target.
 * @param source - The image's bytes.
 * @param shape - Height, width and channels of the source.
 * @param matrix - As for {@link warpAffine}.
 */
export function resampleAffine(
  target: Float32Array,
  size: { readonly height: number; readonly width: number },
  source: Uint8Array,
  shape: ImageShape,
  matrix: ArrayLike<number>,
  fill: Fill,
): void {
  const { height, width, channels } = shape;
  const xx = matrix[0];
  const xy = matrix[1];
  const x0 = matrix[2];
  const yx = matrix[3];
  const yy = matrix[4];
  const y0 = matrix[5];
  const upright = xy === 0 && yx === 0 && yy === 1 && y0 === 0 && size.height === height && size.width === width;
  if (upright && ((xx === 1 && x0 === 0) || (xx === -1 && x0 === width - 1))) {
    copy(target, source, shape, xx);
    return;
  }
  const line = width * channels;
  const rule = typeof fill === 'number' ? nearest : EDGE_RULES[fill];
  let at = 0;
  for (let row = 0; row < size.height; row++) {
    for (let column = 0; column < size.width; column++) {
      const x = xx * column + xy * row + x0;
      const y = yx * column + yy * row + y0;
      const left = Math.floor(x);
      const top = Math.floor(y);
      const fx = x - left;
      const fy = y - top;
      let a = top * line + left * channels;
      let b = a + channels;
      let c = a + line;
      let d = c + channels;
      if (!(left >= 0 && top >= 0 && left < width - 1 && top < height - 1)) {
        const outside = x < -SLACK || y < -SLACK || x > width - 1 + SLACK || y > height - 1 + SLACK;
        if (outside && typeof fill === 'number') {
          for (let channel = 0; channel < channels; channel++) target[at++] = fill;
          continue;
        }
        const columnLeft = rule(left, width) * channels;
        const columnRight = rule(left + 1, width) * channels;
        const rowTop = rule(top, height) * line;
        const rowBottom = rule(top + 1, height) * line;
        a = rowTop + columnLeft;
        b = rowTop + columnRight;
        c = rowBottom + columnLeft;
        d = rowBottom + columnRight;
      }
      for (let channel = 0; channel < channels; channel++) {
        const upper = source[a] + fx * (source[b] - source[a]);
        const lower = source[c] + fx * (source[d] - source[c]);
        target[at++] = upper + fy * (lower - upper);
        a++;
        b++;
        c++;
        d++;
      }
    }
  }
}

/** The fast path for the identity (step 1) and the mirror (step −1). It equals the general path bit for bit. */
function copy(target: Float32Array, source: Uint8Array, shape: ImageShape, step: number): void {
  const { height, width, channels } = shape;
  let at = 0;
  for (let row = 0; row < height; row++) {
    let from = (row * width + (step > 0 ? 0 : width - 1)) * channels;
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < channels; channel++) target[at++] = source[from + channel];
      from += step * channels;
    }
  }
}

/** Maps any index to the pixel in 0..n−1 that is used for it. */
type EdgeRule = (index: number, n: number) => number;

/** aaaa|abcd|dddd */
const nearest: EdgeRule = (index, n) => (index < 0 ? 0 : index >= n ? n - 1 : index);

/** abcd|abcd|abcd */
const wrap: EdgeRule = (index, n) => index - n * Math.floor(index / n);

/** dcba|abcd|dcba */
const reflect: EdgeRule = (index, n) => {
  const place = wrap(index, 2 * n);
  return place < n ? place : 2 * n - 1 - place;
};

const EDGE_RULES = { nearest, reflect, wrap };

/**
 * Resizes a map by bilinear interpolation between the centres of its cells, as OpenCV does, and PyTorch with
 * `align_corners=False`; beyond the outermost centres the edge values are repeated. It does not smooth: to shrink
 * photographs use a filter with a wider support, such as fer-data's `resizeImages`.
 *
 * @param map - height × width × channels numbers, row-major.
 * @param from - Height and width of the map.
 * @param to - Height and width of the result.
 * @param channels - Numbers per cell. @default 1
 * @throws FerError `INVALID_ARGUMENT` for sizes that are not whole numbers from 1, `INVALID_DATA` if the map has more or
 *   fewer numbers than its sizes say.
 *
 * @example
 * ```ts
 * resizeBilinear(Float32Array.of(0, 1), [1, 2], [1, 4]); // Float32Array(4) [ 0, 0.25, 0.75, 1 ]
 * ```
 */
export function resizeBilinear(
  map: Float32Array | Uint8Array,
  from: readonly [number, number],
  to: readonly [number, number],
  channels = 1,
): Float32Array {
  checkArray('the numbers of the map', map);
  for (const sizes of [from, to, [channels, channels]]) {
    checkArray('the sizes of a map', sizes);
    if (sizes.length === 2 && sizes.every((size) => Number.isInteger(size) && size >= 1)) continue;
    throw new FerError(
      'INVALID_ARGUMENT',
      `a map's sizes are [${Array.from(sizes, describeValue).join(', ')}]: give whole numbers from 1.`,
    );
  }
  const [height, width] = from;
  const [toHeight, toWidth] = to;
  if (map.length !== height * width * channels) {
    throw new FerError(
      'INVALID_DATA',
      `${map.length} numbers for a map of ${height}×${width}×${channels}: expected ${height * width * channels}.`,
    );
  }
  const rows = taps(height, toHeight);
  const columns = taps(width, toWidth);
  const out = new Float32Array(toHeight * toWidth * channels);
  let at = 0;
  for (const row of rows) {
    const top = row.first * width * channels;
    const bottom = row.second * width * channels;
    for (const column of columns) {
      const left = column.first * channels;
      const right = column.second * channels;
      for (let c = 0; c < channels; c++) {
        const upper = map[top + left + c] + column.share * (map[top + right + c] - map[top + left + c]);
        const lower = map[bottom + left + c] + column.share * (map[bottom + right + c] - map[bottom + left + c]);
        out[at++] = upper + row.share * (lower - upper);
      }
    }
  }
  return out;
}

/** For each new cell along one side: the two old cells around its centre, and the weight of the second. */
function taps(from: number, to: number): readonly { first: number; second: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const first = Math.floor(at);
    return { first, second: Math.min(from - 1, first + 1), share: at - first };
  });
}
