import { breathe } from 'fer-core';
import type { Face, FacePoints, Point } from '../face.js';
import type { Photo } from '../photo.js';
import type { Level } from '../pyramid.js';
import { AT_A_TIME, type Look, lookAt } from './look.js';
import type { Found } from './search.js';
import type { YunetWeights } from './weights.js';

/** A crop in which the face has 180 pixels. In smaller ones, the network's points hardly show a tilt. */
const LOOK: Look = { side: 224, share: 0.8 };

/**
 * The network was trained on upright faces, so it underestimates the tilt of a face. This is the fraction of the tilt
 * that its points show if the face has the crop's 180 pixels, and the least size in pixels from which the search's own
 * points show about as much. Measured on PublicTest faces rotated by up to 25°: the median over the faces, with a
 * standard deviation of 0.2.
 */
const [TOLD, LARGE] = [0.66, 150];

/** Input of {@link straighten}. */
export interface StraightenOptions {
  readonly photo: Photo;
  readonly levels: readonly Level[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Measures the tilt of faces: from the search's own points if they come from a large enough face, and otherwise by
 * running the network once more, on the face alone. Their points are rotated accordingly.
 */
export async function straighten(
  weights: YunetWeights,
  faces: readonly Found[],
  { photo, levels, signal }: StraightenOptions,
): Promise<Face[]> {
  const small = faces.filter(({ seen }) => seen < LARGE);
  const looks = new Map<Found, Face | undefined>();
  for (let start = 0; start < small.length; start += AT_A_TIME) {
    await breathe(signal);
    const some = small.slice(start, start + AT_A_TIME);
    const seen = await lookAt(weights, { photo, levels }, some, LOOK);
    for (const [i, face] of some.entries()) looks.set(face, seen[i]);
  }
  return faces.map((face) => {
    const { points, roll } = looks.get(face) ?? face;
    const told = roll / TOLD;
    return { box: face.box, score: face.score, points: turnPoints(points!, told - roll), roll: told };
  });
}

/** Rotates points about their mean, clockwise. */
function turnPoints(points: FacePoints, degrees: number): FacePoints {
  const all = Object.values(points);
  const middle = {
    x: all.reduce((sum, { x }) => sum + x, 0) / all.length,
    y: all.reduce((sum, { y }) => sum + y, 0) / all.length,
  };
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const turned = (point: Point): Point => {
    const [x, y] = [point.x - middle.x, point.y - middle.y];
    return { x: middle.x + x * cos - y * sin, y: middle.y + x * sin + y * cos };
  };
  return {
    rightEye: turned(points.rightEye),
    leftEye: turned(points.leftEye),
    nose: turned(points.nose),
    mouthRight: turned(points.mouthRight),
    mouthLeft: turned(points.mouthLeft),
  };
}
