import { breathe } from 'fer-core';
import type { Face } from '../face.js';
import type { Photo } from '../photo.js';
import type { Level } from '../pyramid.js';
import { average, suppress } from '../suppress.js';
import { type CandidateScores, fuse } from '../verifier/fuse.js';
import type { VerifierWeights } from '../verifier/network.js';
import { verify } from '../verifier/verify.js';
import { AT_A_TIME, type Look, lookAt } from './look.js';
import type { SearchOptions } from './search.js';
import type { YunetWeights } from './weights.js';

/** The crop in which candidates are looked at first, upright as the photo is. A face has 200 pixels in it. */
const FIRST: Look = { side: 256, share: 0.78 };

/**
 * The fraction of a face's tilt that the network's points show at 200 pixels: the network was trained on upright faces.
 * Measured on PublicTest faces rotated by up to 20° (Theil–Sen slope).
 */
const TOLD = 0.75;

/** The two crops that decide. They are rotated so that the face, of 200 and 256 pixels, is upright. */
const UPRIGHT: readonly Look[] = [
  { side: 320, share: 0.625 },
  { side: 384, share: 0.667 },
];

/** The networks of `'thorough'`. */
export interface Networks {
  readonly yunet: YunetWeights;
  readonly verifier: VerifierWeights;
}

/** A candidate that was looked at again. */
interface Scored {
  /** Box, points and roll; its score is that of the largest crop alone. */
  readonly face: Face;
  readonly scores: CandidateScores;
}

/**
 * Checks each candidate separately: YuNet sees it once to measure its tilt, and then twice upright, at two sizes. At
 * these sizes it scores real faces highly, also those of FER2013, which have no head around them (97 % of them score at
 * least 0.55, at 110 pixels 90 %), and little else. The verifier sees the upright face too. Candidates that YuNet does
 * not see again are left out. The box is the mean of all detections; points and roll are those of the largest crop.
 */
export async function scoreCandidates(
  { yunet, verifier }: Networks,
  photo: Photo,
  levels: readonly Level[],
  candidates: readonly Face[],
  signal?: AbortSignal,
): Promise<Scored[]> {
  const again = async (faces: readonly Face[], look: Look, turns?: readonly number[]) => {
    const seen: (Face | undefined)[] = [];
    for (let start = 0; start < faces.length; start += AT_A_TIME) {
      await breathe(signal);
      const end = start + AT_A_TIME;
      seen.push(...(await lookAt(yunet, { photo, levels }, faces.slice(start, end), look, turns?.slice(start, end))));
    }
    return seen;
  };
  const first = await again(candidates, FIRST);
  const likely = candidates.flatMap((candidate, i) => {
    const seen = first[i];
    return seen ? [{ candidate, seen }] : [];
  });
  const turns = likely.map(({ seen }) => seen.roll / TOLD);
  const faces = likely.map(({ candidate }) => candidate);
  const middle = await again(faces, UPRIGHT[0], turns);
  const large = await again(faces, UPRIGHT[1], turns);
  const upright = likely.flatMap(({ candidate, seen }, i) => {
    const [a, b] = [middle[i], large[i]];
    if (!a || !b) return [];
    const { box } = average([candidate, seen, a, b]);
    return [{ face: { ...b, box }, search: candidate.score, upright: (a.score + b.score) / 2 }];
  });
  const logits = await verify(
    verifier,
    photo,
    upright.map(({ face }) => face),
  );
  return upright.map(({ face, ...scores }, i) => ({ face, scores: { ...scores, verifier: logits[i] } }));
}

/** Keeps the candidates that are faces by their combined score, which becomes the score of the face. */
export async function confirm(
  networks: Networks,
  photo: Photo,
  levels: readonly Level[],
  candidates: readonly Face[],
  { minScore, signal }: SearchOptions,
): Promise<Face[]> {
  const scored = await scoreCandidates(networks, photo, levels, candidates, signal);
  const faces = scored.map(({ face, scores }): Face => ({ ...face, score: fuse(scores) }));
  return suppress(faces).filter(({ score }) => score >= minScore);
}
