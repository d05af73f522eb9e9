import { type Face, type FacePoints, rollOf } from './face.js';
import type { FaceBox } from './photo.js';

/** A box with the score of its detection. */
interface Scored {
  readonly box: FaceBox;
  readonly score: number;
}

/** Boxes with a larger overlap (intersection over union) show the same face. */
const SAME = 0.4;

/**
 * If more than this fraction of a box lies in a better one, it shows part of that face, or the same face at another
 * scale.
 */
const WITHIN = 0.75;

/**
 * Non-maximum suppression: among boxes that show the same face, keeps the one with the highest score.
 *
 * @returns The boxes, highest score first.
 */
export function suppress<T extends Scored>(found: readonly T[]): T[] {
  return best(found, (a, b) => overlap(a, b) > SAME || within(a, b) > WITHIN);
}

/**
 * Non-maximum suppression of candidates that are still to be checked: also keeps a box within a better one, which may be
 * too large for the face in it.
 *
 * @returns The boxes, highest score first.
 */
export function suppressEqual<T extends Scored>(found: readonly T[]): T[] {
  return best(found, (a, b) => overlap(a, b) > SAME);
}

function best<T extends Scored>(found: readonly T[], isSame: (a: FaceBox, b: FaceBox) => boolean): T[] {
  const kept: T[] = [];
  for (const candidate of [...found].sort((a, b) => b.score - a.score)) {
    if (!kept.some(({ box }) => isSame(box, candidate.box))) kept.push(candidate);
  }
  return kept;
}

/** The fraction of the smaller box that lies in the other one, 0..1. */
function within(a: FaceBox, b: FaceBox): number {
  return intersection(a, b) / Math.min(a.width * a.height, b.width * b.height);
}

/** Detections that overlap the best one by more than this contribute to the mean of its box and points. */
const SAY = 0.5;

/**
 * Merges detections of one face from one run of the network. The score is the highest one. Box and points are the mean
 * of all detections that overlap the best one, weighted by their scores. Neighbouring cells of the network see a face
 * slightly differently, and their mean is more stable than the best of them.
 *
 * @param finds - At least one detection, in any order.
 */
export function average(finds: readonly Face[]): Face {
  const best = finds.reduce((a, b) => (b.score > a.score ? b : a));
  const agreeing = finds.filter(({ box }) => overlap(box, best.box) > SAY);
  const total = agreeing.reduce((sum, { score }) => sum + score, 0);
  const mean = (of: (face: Face) => number): number =>
    agreeing.reduce((sum, face) => sum + face.score * of(face), 0) / total;
  const box = {
    x: mean((face) => face.box.x),
    y: mean((face) => face.box.y),
    width: mean((face) => face.box.width),
    height: mean((face) => face.box.height),
  };
  if (!agreeing.every(({ points }) => points)) return { ...best, box };
  const point = (name: keyof FacePoints) => ({
    x: mean((face) => face.points![name].x),
    y: mean((face) => face.points![name].y),
  });
  const points: FacePoints = {
    rightEye: point('rightEye'),
    leftEye: point('leftEye'),
    nose: point('nose'),
    mouthRight: point('mouthRight'),
    mouthLeft: point('mouthLeft'),
  };
  return { box, score: best.score, points, roll: rollOf(points) };
}

/** Intersection over union of two boxes, 0..1. */
export function overlap(a: FaceBox, b: FaceBox): number {
  const shared = intersection(a, b);
  return shared / (a.width * a.height + b.width * b.height - shared);
}

function intersection(a: FaceBox, b: FaceBox): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

/** The smallest overlap of the boxes of one face in two consecutive detections. */
const SAME_TRACK = 0.25;

/**
 * Matches boxes with known ones, in order of decreasing overlap.
 *
 * @returns For each box the index of the matching known box, if any. No index occurs twice.
 */
export function matchFaces(known: readonly FaceBox[], boxes: readonly FaceBox[]): (number | undefined)[] {
  const pairs = boxes
    .flatMap((box, i) => known.map((other, j) => ({ i, j, shared: overlap(box, other) })))
    .filter(({ shared }) => shared >= SAME_TRACK)
    .sort((a, b) => b.shared - a.shared);
  const result = new Array<number | undefined>(boxes.length).fill(undefined);
  for (const { i, j } of pairs) if (result[i] === undefined && !result.includes(j)) result[i] = j;
  return result;
}
