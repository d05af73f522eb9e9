import type { RunOptions } from 'fer-core';
import type { Face } from './face.js';
import type { Photo } from './photo.js';

/** Options of {@link FaceDetector.detect}. */
export interface DetectOptions extends RunOptions {
  /** Minimum score of a face, 0..1. @default 0.35 for 'thorough', 0.6 for 'fast' */
  readonly minScore?: number | undefined;
  /** The largest number of faces to return; the largest faces are kept. @default all */
  readonly maxFaces?: number | undefined;
  /** Minimum width of a face's box, in pixels of the photo. @default 20 for 'thorough', 0 for 'fast' */
  readonly minSize?: number | undefined;
}

/** Anything that finds faces in photos. */
export interface FaceDetector {
  /**
   * Finds the faces in a photo of any size.
   *
   * @returns The faces, largest box first. The list is empty if there is no face.
   * @throws FerError `INVALID_DATA` for a photo that breaks its contract, `INVALID_ARGUMENT` for an option out of
   *   range.
   */
  detect(photo: Photo, options?: DetectOptions): Promise<Face[]>;
  /** Frees the weights. The detector can't be used after this call. */
  dispose(): void;
}
