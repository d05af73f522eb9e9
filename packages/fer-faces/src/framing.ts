import { checkBoolean, describeValue, FerError } from 'fer-core';
import type { Face, Point } from './face.js';

/** A square in a photo, rotated about its centre. */
export interface FaceSquare {
  readonly centre: Point;
  /** Pixels. */
  readonly side: number;
  /** Degrees, clockwise. */
  readonly turn: number;
}

/**
 * Side of the square, relative to the geometric mean of the box's sides. In the median, FER2013's pictures have 1.1 times
 * that mean: measured on every twelfth PublicTest picture (enlarged four times, on grey), the detector's boxes have 43.5
 * of 48 pixels. But what a picture shows around the face differs, and more of it costs more accuracy than less: on pasted
 * PublicTest faces, the log loss is least at 0.92 times this side (see the README).
 */
const SIDE = 1.02;

/** How far the centre of FER2013's pictures is above that of the box, relative to the side: 0.94 of 48 pixels. */
const ABOVE = 0.02;

/**
 * Returns the square that `cropFaces` cuts around a face, framed as in FER2013. Use it to draw the square, or to
 * overlay a Grad-CAM on the photo.
 *
 * @param align - Whether to rotate the square with the head, as `cropFaces` does by default.
 * @throws FerError `INVALID_ARGUMENT` for a box that is not finite or has no area, or a `roll` that is not finite.
 *
 * @example
 * ```ts
 * for (const face of await detector.detect(photo)) {
 *   const { centre, side, turn } = faceSquare(face, true);
 * }
 * ```
 */
export function faceSquare(face: Pick<Face, 'box'> & Partial<Face>, align: boolean): FaceSquare {
  if (typeof face !== 'object' || face === null || typeof face.box !== 'object' || face.box === null) {
    throw new FerError('INVALID_ARGUMENT', `a face is ${describeValue(face)}: give { box }, as detectors return it.`);
  }
  const { box, roll = 0 } = face;
  const { x, y, width, height } = box;
  if (![x, y, width, height].every(Number.isFinite) || !(width > 0 && height > 0)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the box x=${describeValue(x)}, y=${describeValue(y)}, width=${describeValue(width)}, height=${describeValue(height)} has no area: give finite numbers, with sides above 0.`,
    );
  }
  if (!Number.isFinite(roll)) {
    throw new FerError('INVALID_ARGUMENT', `roll is ${describeValue(roll)}: give finite degrees, or leave it out.`);
  }
  checkBoolean('align', align);
  const turn = align ? roll : 0;
  const angle = (turn * Math.PI) / 180;
  const side = SIDE * Math.sqrt(width * height);
  const up = ABOVE * side;
  const centre = { x: x + width / 2 + up * Math.sin(angle), y: y + height / 2 - up * Math.cos(angle) };
  return { centre, side, turn };
}
