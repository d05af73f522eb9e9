import type { FaceBox } from './photo.js';

/** A point in a photo, in pixels. */
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
  /** The face from brows to chin and cheek to cheek, in pixels of the photo. It may extend beyond the photo's edge. */
  readonly box: FaceBox;
  /** The detector's confidence, 0..1. */
  readonly score: number;
  /** Positions of eyes, nose and mouth. Absent if the detector doesn't provide them. */
  readonly points?: FacePoints;
  /**
   * Tilt of the head in degrees, −180..180; positive is clockwise as seen in the photo. It is the rotation of an
   * upright face that best fits all five points, or 0 without points.
   */
  readonly roll: number;
}

/** Positions of the points in an upright face, in units of the distance between the eyes, relative to their mean. */
const UPRIGHT: readonly (readonly [keyof FacePoints, Point])[] = [
  ['rightEye', { x: -0.5, y: -0.45 }],
  ['leftEye', { x: 0.5, y: -0.45 }],
  ['nose', { x: 0, y: 0 }],
  ['mouthRight', { x: -0.4, y: 0.5 }],
  ['mouthLeft', { x: 0.4, y: 0.5 }],
];

const MEAN_Y = UPRIGHT.reduce((sum, [, { y }]) => sum + y, 0) / UPRIGHT.length;

/**
 * Returns the tilt of a head in degrees: the rotation of an upright face that fits the points best in the least-squares
 * sense (the orthogonal Procrustes problem in the plane).
 */
export function rollOf(points: FacePoints): number {
  let [along, across] = [0, 0];
  for (const [name, upright] of UPRIGHT) {
    // Relative to the mean of the upright points, so that the position of the face has no effect.
    const { x, y } = points[name];
    along += upright.x * x + (upright.y - MEAN_Y) * y;
    across += upright.x * y - (upright.y - MEAN_Y) * x;
  }
  return (Math.atan2(across, along) * 180) / Math.PI;
}
