import type { FaceReading, Photo } from 'fer-faces';

/** A face that was found, and what the classifier says of it. */
export interface SeenFace extends FaceReading {
  /** The same for the same face in every frame of a camera, and for a photo's face whichever classifier reads it. */
  readonly id: number;
}

/** What is seen at one moment. */
export interface Sight {
  readonly photo: Photo;
  /** The photo, to draw. */
  readonly picture: HTMLCanvasElement;
  /** The largest first. */
  readonly faces: readonly SeenFace[];
  /** Whether it comes from a camera, and more will follow. */
  readonly live: boolean;
}

/** The probability of the top class in words, e.g. "91 %"; nothing where the classifier has no probabilities. */
export function sureness({ expression, probabilities }: Pick<SeenFace, 'expression' | 'probabilities'>): string {
  return probabilities ? `${Math.round(100 * probabilities[expression])}\u00a0%` : '';
}

/** A number of faces in words. */
export function countFaces(n: number): string {
  return n === 0 ? 'no face' : n === 1 ? '1 face' : `${n} faces`;
}
