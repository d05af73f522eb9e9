import { breathe } from 'fer-core';
import { type Face, type FacePoints, rollOf } from '../face.js';
import type { Photo } from '../photo.js';
import { cut, type Level, squareAround, type Tile, tiles } from '../pyramid.js';
import { resample } from '../resample.js';
import { average, overlap, suppress } from '../suppress.js';
import type { Candidate } from './decode.js';
import { runYunet } from './network.js';
import type { YunetWeights } from './weights.js';

/** What the searches share. */
interface SearchOptions {
  readonly minScore: number;
  readonly signal?: AbortSignal;
  /** Called after each run of the network. */
  readonly onRun?: () => void;
}

/** Looks at every level, tile by tile. */
export async function search(
  weights: YunetWeights,
  photo: Photo,
  levels: readonly Level[],
  options: SearchOptions,
): Promise<Face[]> {
  const found: Face[] = [];
  for (const level of levels) {
    for (const tile of tiles(level.photo)) {
      await breathe(options.signal);
      const [candidates] = await runYunet(weights, [cut(level.photo, tile)], options.minScore);
      const place = { tile, across: photo.width / level.photo.width, down: photo.height / level.photo.height };
      found.push(...candidates.map((candidate) => toFace(candidate, place)));
      options.onRun?.();
    }
  }
  return suppress(found).map(({ box }) => average(found.filter((face) => overlap(face.box, box) > 0.5)));
}

/** A second look: the side of its picture in pixels, and which share of it the face is to span. */
interface Look {
  readonly side: number;
  readonly share: number;
}

/** The face has 110 pixels, and 160. */
const [SMALL, LARGE]: readonly Look[] = [
  { side: 256, share: 0.43 },
  { side: 320, share: 0.5 },
];

/** Candidates less sure at the small look are given up: of the faces found in the end none was. */
const GIVEN_UP = 0.2;

/** Faces looked at in one run of the network. */
const AT_A_TIME = 8;

/** A find of the second look that overlaps less is another face. */
const SAME = 0.3;

/**
 * Looks at each candidate again, alone, at two sizes at which the network is sure of real faces (it finds FER2013's best
 * at 110 to 200 pixels) and of little else. The new score is the mean of both, the box the mean of all three looks,
 * and the points are those of the larger look.
 */
export async function confirm(
  weights: YunetWeights,
  photo: Photo,
  levels: readonly Level[],
  candidates: readonly Face[],
  { minScore, signal }: SearchOptions,
): Promise<Face[]> {
  const confirmed: Face[] = [];
  const again = (faces: readonly Face[], look: Look) => lookAgain(weights, photo, levels, faces, look);
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

async function lookAgain(
  weights: YunetWeights,
  photo: Photo,
  levels: readonly Level[],
  candidates: readonly Face[],
  { side, share }: Look,
): Promise<(Face | undefined)[]> {
  const views = candidates.map(({ box }) => {
    const { photo: source } = sourceOf(photo, levels, Math.sqrt(box.width * box.height), side * share);
    const [across, down] = [photo.width / source.width, photo.height / source.height];
    const within = { x: box.x / across, y: box.y / down, width: box.width / across, height: box.height / down };
    const tile = squareAround(within, share);
    return { picture: resample(cut(source, tile), side, side), tile, across, down, zoom: tile.width / side };
  });
  const found = await runYunet(
    weights,
    views.map(({ picture }) => picture),
    0.05,
  );
  return found.map((list, i) => {
    const { tile, across, down, zoom } = views[i];
    const place = { tile: { left: tile.left / zoom, top: tile.top / zoom }, across: across * zoom, down: down * zoom };
    const near = list
      .map((candidate) => toFace(candidate, place))
      .filter(({ box }) => overlap(box, candidates[i].box) > SAME);
    return near.length > 0 ? average(near) : undefined;
  });
}

/** The smallest version of the photo in which a face still has the pixels wanted; else the one with the most detail. */
function sourceOf(photo: Photo, levels: readonly Level[], size: number, wanted: number): Level {
  const sources = [{ photo, scale: 1 }, ...levels].sort((a, b) => a.scale - b.scale);
  return sources.find(({ scale }) => scale * size >= wanted) ?? sources[sources.length - 1];
}

/** Turns pixels of a tile into those of the photo. */
function toFace(
  { score, x, y, width, height, points: p }: Candidate,
  { tile, across, down }: { tile: Pick<Tile, 'left' | 'top'>; across: number; down: number },
): Face {
  const point = (i: number) => ({ x: (p[2 * i] + tile.left) * across, y: (p[2 * i + 1] + tile.top) * down });
  const points: FacePoints = {
    rightEye: point(0),
    leftEye: point(1),
    nose: point(2),
    mouthRight: point(3),
    mouthLeft: point(4),
  };
  const box = {
    x: (x + tile.left) * across,
    y: (y + tile.top) * down,
    width: width * across,
    height: height * down,
  };
  return { box, score, points, roll: rollOf(points) };
}
