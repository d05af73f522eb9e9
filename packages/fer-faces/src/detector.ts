import type { RunOptions } from 'fer-core';
import type { Face } from './face.js';
import type { Photo } from './photo.js';

/** Options of {@link FaceDetector.detect}. */
export interface DetectOptions extends RunOptions {
  /** Faces that the detector is less sure of are left out: 0..1. @default 0.55 of 'thorough', 0.6 of 'fast' */
  readonly minScore?: number | undefined;
  /** The largest so many are returned. @default all */
  readonly maxFaces?: number | undefined;
  /** Smaller faces are left out: least width of the box, in pixels of the photo. @default 0 */
  readonly minSize?: number | undefined;
}

/** Anything that finds faces in photos. */
export interface FaceDetector {
  /**
   * Finds the faces of a photo of any size.
   *
   * @returns The largest box first; an empty list where there is no face.
   * @throws FerError `INVALID_DATA` for a photo that breaks its contract, `INVALID_ARGUMENT` for an option outside its
   *   range.
   */
  detect(photo: Photo, options?: DetectOptions): Promise<Face[]>;
  /** Frees the weights. The detector is of no use afterwards. */
  dispose(): void;
}
