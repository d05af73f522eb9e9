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
