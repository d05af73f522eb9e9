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

/** A photo at its own size and at those of the search. */
interface Scene {
  readonly photo: Photo;
  readonly levels: readonly Level[];
}

/** Pixels of the finest level. */
function searchedIn({ levels: [{ photo }] }: Scene): number {
  return photo.width * photo.height;
}

/** Runs YuNet on each face separately, a few at a time. */
async function again(
  yunet: YunetWeights,
  scene: Scene,
  faces: readonly Face[],
  look: Look,
  turns?: readonly number[],
  signal?: AbortSignal,
): Promise<(Face | undefined)[]> {
  const seen: (Face | undefined)[] = [];
  for (let start = 0; start < faces.length; start += AT_A_TIME) {
    await breathe(signal);
    const end = start + AT_A_TIME;
    seen.push(...(await lookAt(yunet, scene, faces.slice(start, end), look, turns?.slice(start, end))));
  }
  return seen;
}

/** A candidate after its first look. */
interface Looked {
  /** Every detection of it so far: that of the search, and that of the first look if there is one. */
  readonly seen: readonly Face[];
  /** Box and roll by both. */
  readonly face: Face;
}

/**
 * Looks at each candidate for the first time, upright as the photo is. Its box becomes the mean of both detections, and
 * its roll is measured. A candidate that YuNet does not see again keeps its box, and has a roll of 0.
 */
export async function firstLooks(
  yunet: YunetWeights,
  scene: Scene,
  candidates: readonly Face[],
  signal?: AbortSignal,
): Promise<Looked[]> {
  const looks = await again(yunet, scene, candidates, FIRST, undefined, signal);
  return candidates.map((candidate, i) => {
    const look = looks[i];
    if (!look) return { seen: [candidate], face: { ...candidate, roll: 0 } };
    const seen = [candidate, look];
    return { seen, face: { ...average(seen), roll: look.roll / TOLD } };
  });
}

/**
 * Checks each candidate separately. YuNet sees it once to measure its tilt, and then twice upright, at two sizes. At
 * these sizes it scores real faces highly, also those of FER2013, which have no head around them, and little else; where
 * it sees none, its score is 0. In between, the verifier sees the upright face; candidates that can't reach `minScore`
 * any more are left out. The box is the mean of all detections; points and roll are those of the largest crop.
 */
export async function scoreCandidates(
  { yunet, verifier }: Networks,
  scene: Scene,
  candidates: readonly Face[],
  { minScore, signal }: SearchOptions,
): Promise<Scored[]> {
  const looked = await firstLooks(yunet, scene, candidates, signal);
  const faces = looked.map(({ face }) => face);
  const logits = await verify(verifier, scene.photo, faces, signal);
  const likely = [...candidates.keys()].filter((i) => {
    return fuse({ search: candidates[i].score, upright: 1, verifier: logits[i] }, searchedIn(scene)) >= minScore;
  });
  const remaining = likely.map((i) => candidates[i]);
  const turns = likely.map((i) => faces[i].roll);
  const middle = await again(yunet, scene, remaining, UPRIGHT[0], turns, signal);
  const large = await again(yunet, scene, remaining, UPRIGHT[1], turns, signal);
  return likely.map((index, i) => {
    const [a, b] = [middle[i], large[i]];
    const { box } = average([...looked[index].seen, a, b].filter((face) => face !== undefined));
    return {
      face: { ...(b ?? a ?? faces[index]), box },
      scores: {
        search: candidates[index].score,
        upright: ((a?.score ?? 0) + (b?.score ?? 0)) / 2,
        verifier: logits[index],
      },
    };
  });
}

/** Keeps the candidates that are faces by their combined score, which becomes the score of the face. */
export async function confirm(
  networks: Networks,
  scene: Scene,
  candidates: readonly Face[],
  options: SearchOptions,
): Promise<Face[]> {
  const scored = await scoreCandidates(networks, scene, candidates, options);
  const faces = scored.map(({ face, scores }): Face => ({ ...face, score: fuse(scores, searchedIn(scene)) }));
  return suppress(faces).filter(({ score }) => score >= options.minScore);
}
