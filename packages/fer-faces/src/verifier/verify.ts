import { breathe } from 'fer-core';
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

/** How many faces one run of the network processes. */
const AT_A_TIME = 32;

/** Returns for each detection the verifier's logit of its being a face: the mean of three views. */
export async function verify(
  weights: VerifierWeights,
  photo: Photo,
  faces: readonly Face[],
  signal?: AbortSignal,
): Promise<number[]> {
  const result: number[] = [];
  for (let start = 0; start < faces.length; start += AT_A_TIME) {
    await breathe(signal);
    const some = faces.slice(start, start + AT_A_TIME);
    const logits = await runVerifier(
      weights,
      some.flatMap((face) => viewsOf(photo, face)),
    );
    for (const i of some.keys()) {
      const views = logits.slice(i * VIEWS.length, (i + 1) * VIEWS.length);
      result.push(views.reduce((sum, logit) => sum + logit, 0) / VIEWS.length);
    }
  }
  return result;
}

function viewsOf(photo: Photo, face: Face): Uint8Array[] {
  const square = faceSquare(face, true);
  return VIEWS.map(({ side, mirrored }) => {
    const image = greySquare(photo, { ...square, side: side * square.side }, SIDE);
    return mirrored ? mirror(image) : image;
  });
}

/** The image with its columns in reverse order. */
function mirror(image: Uint8Array): Uint8Array {
  return image.map((_, i) => image[i - (i % SIDE) + SIDE - 1 - (i % SIDE)]);
}
