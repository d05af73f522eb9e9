import type { Face } from '../face.js';
import { faceSquare } from '../framing.js';
import { greySquare } from '../greySquare.js';
import type { Photo } from '../photo.js';
import { runVerifier, SIDE, type VerifierWeights } from './network.js';

/** Side of the square that the verifier sees, relative to the one that `cropFaces` cuts: the inner part of the face. */
const TIGHT = 0.92;

/** Returns for each detection the verifier's logit of its being a face. */
export function verify(weights: VerifierWeights, photo: Photo, faces: readonly Face[]): Promise<number[]> {
  const images = faces.map((face) => {
    const square = faceSquare(face, true);
    return greySquare(photo, { ...square, side: TIGHT * square.side }, SIDE);
  });
  return runVerifier(weights, images);
}
