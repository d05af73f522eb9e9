/** What lies beyond an image's edge. A number is the grey level (0..255) of everything there. */
export type Fill = 'nearest' | 'reflect' | 'wrap' | number;

/** One affine change of an image. Its content is rotated, then shifted, sheared, zoomed and mirrored. */
export interface AffineChange {
  /** Degrees. Positive values rotate the content anticlockwise. */
  rotation: number;
  /** Pixels. Positive values move the content to the left. */
  shiftX: number;
  /** Pixels. Positive values move the content up. */
  shiftY: number;
  /** Degrees. */
  shear: number;
  /** Values above 1 make the content narrower. */
  zoomX: number;
  /** Values above 1 make the content lower. */
  zoomY: number;
  /** Left to right. */
  mirrored: boolean;
}

/** Coordinates this little outside count as on the edge: rounding must not turn a border into the constant. */
const SLACK = 1e-6;

/**
 * The 2×3 matrix that maps a pixel of the changed image to its source in the given image: Keras' product of rotation,
 * shift, shear and zoom (`apply_affine_transform`), then the mirror M, about the image's centre
 * c = ((width − 1)/2, (height − 1)/2):
 *
 * source = c + R·T·S·Z·M·(target − c), with R = [cos −sin; sin cos] and S = [1 −sin; 0 cos] on (x, y)
 *
 * @param matrix - Six numbers to fill: source x = m₀·x + m₁·y + m₂, source y = m₃·x + m₄·y + m₅.
 */
export function affineMatrix(matrix: Float64Array, change: AffineChange, height: number, width: number): void {
  const radians = Math.PI / 180;
  const cos = Math.cos(change.rotation * radians);
  const sin = Math.sin(change.rotation * radians);
  const shearX = -Math.sin(change.shear * radians);
  const shearY = Math.cos(change.shear * radians);
  const zoomX = change.mirrored ? -change.zoomX : change.zoomX;
  const { shiftX, shiftY, zoomY } = change;
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  matrix[0] = cos * zoomX;
  matrix[1] = (cos * shearX - sin * shearY) * zoomY;
  matrix[3] = sin * zoomX;
  matrix[4] = (sin * shearX + cos * shearY) * zoomY;
  matrix[2] = centreX + cos * shiftX - sin * shiftY - matrix[0] * centreX - matrix[1] * centreY;
  matrix[5] = centreY + sin * shiftX + cos * shiftY - matrix[3] * centreX - matrix[4] * centreY;
}

/** The sizes of one image. */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Resamples one image through an affine matrix, bilinearly. Target pixels in order; those whose four neighbours all
 * exist, nine of ten, take the short way without the edge's rule.
 *
 * @param target - height × width × channels numbers in 0..255 to fill, not rounded.
 * @param source - Bytes that hold the image from `offset` on.
 * @param matrix - As {@link affineMatrix} fills it.
 */
export function resample(
  target: Float32Array,
  source: Uint8Array,
  offset: number,
  { height, width, channels }: Shape,
  matrix: Float64Array,
  fill: Fill,
): void {
  const [xx, xy, x0, yx, yy, y0] = matrix;
  const upright = xy === 0 && yx === 0 && yy === 1 && y0 === 0;
  if (upright && ((xx === 1 && x0 === 0) || (xx === -1 && x0 === width - 1))) {
    copy(target, source, offset, { height, width, channels }, xx);
    return;
  }
  const line = width * channels;
  const rule = typeof fill === 'number' ? nearest : EDGE_RULES[fill];
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = xx * column + xy * row + x0;
      const y = yx * column + yy * row + y0;
      const left = Math.floor(x);
      const top = Math.floor(y);
      const fx = x - left;
      const fy = y - top;
      let a = offset + top * line + left * channels;
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
        const rowTop = offset + rule(top, height) * line;
        const rowBottom = offset + rule(top + 1, height) * line;
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

/** What resampling comes to, to the bit, where nothing moves (step 1) or all is mirrored (−1). */
function copy(target: Float32Array, source: Uint8Array, offset: number, shape: Shape, step: number): void {
  const { height, width, channels } = shape;
  let at = 0;
  for (let row = 0; row < height; row++) {
    let from = offset + (row * width + (step > 0 ? 0 : width - 1)) * channels;
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < channels; channel++) target[at++] = source[from + channel];
      from += step * channels;
    }
  }
}

/** Which of n pixels stands for the one at any index. */
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
