import type { FaceReading, Photo } from 'fer-faces';

/** A detected face, and the classifier's reading of it. */
export interface SeenFace extends FaceReading {
  /** Identifies the face: constant over the frames of a camera, and for a photo independent of the classifier. */
  readonly id: number;
}

/** The picture of one moment and its faces. */
export interface Sight {
  readonly photo: Photo;
  /** The photo, to draw. */
  readonly picture: HTMLCanvasElement;
  /** The largest face first. */
  readonly faces: readonly SeenFace[];
  /** Whether it comes from a camera, so that more will follow. */
  readonly live: boolean;
}

/** The probability of the top class as text, e.g. "91 %"; empty if the classifier has no probabilities. */
export function sureness({ expression, probabilities }: Pick<SeenFace, 'expression' | 'probabilities'>): string {
  return probabilities ? `${Math.round(100 * probabilities[expression])}\u00a0%` : '';
}

/** A number of faces as text. */
export function countFaces(n: number): string {
  return n === 0 ? 'no face' : n === 1 ? '1 face' : `${n} faces`;
}
