import type { Face } from '../face.js';
import { faceSquare } from '../framing.js';
import { greySquare } from '../greySquare.js';
import type { Photo } from '../photo.js';
import { runVerifier, SIDE, type VerifierWeights } from './network.js';

/** Side of the square that the verifier sees, relative to the one that `cropFaces` cuts: the inner part of the face. */
export const TIGHT = 0.92;

/**
 * The three views of each face whose logits are averaged: the side of the square, relative to the one that `cropFaces`
 * cuts, and whether it is mirrored. The detector's boxes are less exact than one view needs.
 */
const VIEWS: readonly { readonly side: number; readonly mirrored: boolean }[] = [
  { side: TIGHT - 0.06, mirrored: false },
  { side: TIGHT, mirrored: true },
  { side: TIGHT + 0.06, mirrored: false },
];

/** Returns for each detection the verifier's logit of its being a face: the mean of three views. */
export async function verify(weights: VerifierWeights, photo: Photo, faces: readonly Face[]): Promise<number[]> {
  const images = faces.flatMap((face) => {
    const square = faceSquare(face, true);
    return VIEWS.map(({ side, mirrored }) => {
      const image = greySquare(photo, { ...square, side: side * square.side }, SIDE);
      return mirrored ? mirror(image) : image;
    });
  });
  const logits = await runVerifier(weights, images);
  return faces.map((_, i) => {
    const views = logits.slice(i * VIEWS.length, (i + 1) * VIEWS.length);
    return views.reduce((sum, logit) => sum + logit, 0) / VIEWS.length;
  });
}

/** The image with its columns in reverse order. */
function mirror(image: Uint8Array): Uint8Array {
  return image.map((_, i) => image[i - (i % SIDE) + SIDE - 1 - (i % SIDE)]);
}
