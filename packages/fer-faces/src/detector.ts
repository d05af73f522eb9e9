import { describeValue, FerError, type RunOptions } from 'fer-core';
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

/** @throws FerError `INVALID_ARGUMENT` for an option of {@link FaceDetector.detect} out of range. */
export function checkDetectRanges({ minScore = 0, maxFaces = Infinity, minSize = 0 }: DetectOptions): void {
  const refuse = (name: string, value: unknown, rule: string): never => {
    throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: it must be ${rule}.`);
  };
  if (!(isFromZero(minScore) && minScore <= 1)) refuse('minScore', minScore, 'a number from 0 to 1');
  if (maxFaces !== Infinity && !(Number.isInteger(maxFaces) && maxFaces >= 1)) {
    refuse('maxFaces', maxFaces, 'a whole number from 1');
  }
  if (!isFromZero(minSize)) refuse('minSize', minSize, 'a number of pixels from 0');
}

function isFromZero(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}
