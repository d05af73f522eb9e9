import type { FaceBox } from './photo.js';

/** A point of a photo, in its pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Points of a face. Right and left are the person's own: the right eye is on the picture's left. */
export interface FacePoints {
  readonly rightEye: Point;
  readonly leftEye: Point;
  readonly nose: Point;
  readonly mouthRight: Point;
  readonly mouthLeft: Point;
}

/** A face that a detector found. */
export interface Face {
  /** From the brows to the chin, from cheek to cheek; in the photo's pixels, and over its edge where the face is cut. */
  readonly box: FaceBox;
  /** How sure the detector is, 0..1. */
  readonly score: number;
  /** Where eyes, nose and mouth are; absent where the detector does not tell. */
  readonly points?: FacePoints;
  /**
   * By how many degrees the head is tilted, −180..180: above 0 is clockwise as seen in the photo. It turns an upright face
   * so that it fits all five points best. 0 without points.
   */
  readonly roll: number;
}

/** Where the points of an upright face are, in units of the distance of the eyes, about their middle. */
const UPRIGHT: readonly (readonly [keyof FacePoints, Point])[] = [
  ['rightEye', { x: -0.5, y: -0.45 }],
  ['leftEye', { x: 0.5, y: -0.45 }],
  ['nose', { x: 0, y: 0 }],
  ['mouthRight', { x: -0.4, y: 0.5 }],
  ['mouthLeft', { x: 0.4, y: 0.5 }],
];

const MEAN_Y = UPRIGHT.reduce((sum, [, { y }]) => sum + y, 0) / UPRIGHT.length;

/**
 * The tilt of a head, in degrees: by how much an upright face must be turned to fit its points best, in the sense of
 * least squares (the orthogonal Procrustes problem in the plane).
 */
export function rollOf(points: FacePoints): number {
  let [along, across] = [0, 0];
  for (const [name, upright] of UPRIGHT) {
    // About the mean of the upright points, so that where the face is makes no difference.
    const { x, y } = points[name];
    along += upright.x * x + (upright.y - MEAN_Y) * y;
    across += upright.x * y - (upright.y - MEAN_Y) * x;
  }
  return (Math.atan2(across, along) * 180) / Math.PI;
}
