import { breathe } from 'fer-core';
import { type Face, type FacePoints, rollOf } from '../face.js';
import type { Photo } from '../photo.js';
import { cut, type Level, type Tile, tiles } from '../pyramid.js';
import { average, overlap, suppress, suppressEqual } from '../suppress.js';
import type { Candidate } from './decode.js';
import { runYunet } from './network.js';
import type { YunetWeights } from './weights.js';

/** Options that all searches share. */
export interface SearchOptions {
  readonly minScore: number;
  readonly signal?: AbortSignal;
  /** Whether to keep boxes within better ones, for further checks. */
  readonly keepNested?: boolean;
  /** Called after each run of the network. */
  readonly onRun?: () => void;
}

/** A face that a search found. */
export interface Found extends Face {
  /** √(width × height) in pixels of the level that points and roll come from: the finest one in which it was found. */
  readonly seen: number;
}

/** Runs the network on every level, tile by tile. */
export async function search(
  weights: YunetWeights,
  photo: Photo,
  levels: readonly Level[],
  options: SearchOptions,
): Promise<Found[]> {
  const found: (Face & { readonly scale: number })[] = [];
  for (const level of levels) {
    for (const tile of tiles(level.photo)) {
      await breathe(options.signal);
      const [candidates] = await runYunet(weights, [cut(level.photo, tile)], options.minScore);
      const place = { tile, across: photo.width / level.photo.width, down: photo.height / level.photo.height };
      found.push(...candidates.map((candidate) => ({ ...toFace(candidate, place), scale: level.scale })));
      options.onRun?.();
    }
  }
  const kept = options.keepNested ? suppressEqual(found) : suppress(found);
  return kept.map(({ box: best }) => {
    const agreeing = found.filter(({ box }) => overlap(box, best) > 0.5);
    const finest = Math.max(...agreeing.map(({ scale }) => scale));
    const { box, score } = average(agreeing);
    const { points, roll } = average(agreeing.filter(({ scale }) => scale === finest));
    return { box, score, points, roll, seen: finest * Math.sqrt(box.width * box.height) };
  });
}

/** Converts pixels of a tile to pixels of the photo. */
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
