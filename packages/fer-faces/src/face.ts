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
  /** By how many degrees the head is tilted, −180..180: above 0 is clockwise as seen in the photo. 0 without points. */
  readonly roll: number;
}

/** The tilt of a head, in degrees, from the line through its eyes. */
export function rollOf({ rightEye, leftEye }: FacePoints): number {
  return (Math.atan2(leftEye.y - rightEye.y, leftEye.x - rightEye.x) * 180) / Math.PI;
}
