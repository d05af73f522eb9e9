import { breathe } from 'fer-core';
import type { Face } from '../face.js';
import type { Photo } from '../photo.js';
import type { Level } from '../pyramid.js';
import { average, suppress } from '../suppress.js';
import { AT_A_TIME, type Look, lookAt } from './look.js';
import type { SearchOptions } from './search.js';
import type { YunetWeights } from './weights.js';

/** Two crops in which the face has 110 and 160 pixels. */
const [SMALL, LARGE]: readonly Look[] = [
  { side: 256, share: 0.43 },
  { side: 320, share: 0.5 },
];

/**
 * Candidates with a lower score in the small crop are rejected. None of the faces that were finally found scored less.
 */
const GIVEN_UP = 0.2;

/**
 * Runs the network on each candidate separately, at two sizes. The network scores real faces highly at these sizes
 * (FER2013's best at 110 to 200 pixels), and little else. The new score is the mean of both, the box the mean of all
 * three detections, and the points are those of the larger crop.
 */
export async function confirm(
  weights: YunetWeights,
  photo: Photo,
  levels: readonly Level[],
  candidates: readonly Face[],
  { minScore, signal }: SearchOptions,
): Promise<Face[]> {
  const confirmed: Face[] = [];
  const again = (faces: readonly Face[], look: Look) => lookAt(weights, { photo, levels }, faces, look);
  const likely: { readonly face: Face; readonly small: Face }[] = [];
  for (let start = 0; start < candidates.length; start += AT_A_TIME) {
    await breathe(signal);
    const some = candidates.slice(start, start + AT_A_TIME);
    const seen = await again(some, SMALL);
    for (const [i, face] of some.entries()) {
      const small = seen[i];
      if (small && small.score >= GIVEN_UP) likely.push({ face, small });
    }
  }
  for (let start = 0; start < likely.length; start += AT_A_TIME) {
    await breathe(signal);
    const some = likely.slice(start, start + AT_A_TIME);
    const seen = await again(
      some.map(({ face }) => face),
      LARGE,
    );
    for (const [i, face] of seen.entries()) {
      if (!face) continue;
      const { face: first, small } = some[i];
      const { box } = average([first, small, face]);
      confirmed.push({ ...face, box, score: (face.score + small.score) / 2 });
    }
  }
  return suppress(confirmed).filter(({ score }) => score >= minScore);
}
