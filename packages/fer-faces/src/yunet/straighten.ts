import { breathe } from 'fer-core';
import { type Face, type FacePoints, type Point, rollOf } from '../face.js';
import type { Photo } from '../photo.js';
import type { Level } from '../pyramid.js';
import { AT_A_TIME, type Look, lookAt } from './look.js';
import type { YunetWeights } from './weights.js';

/** The face has 180 pixels: of smaller ones the network tells next to nothing of a tilt. */
const LOOK: Look = { side: 224, share: 0.8 };

/**
 * The network, trained on upright faces, places the points of a tilted one as if it were tilted less. The share of the
 * tilt that it tells when the face has 160 pixels, and when it has the look's 180. Measured on PublicTest faces turned by
 * up to 25°: the median over the faces, whose standard deviation is 0.2.
 */
const [TOLD_AT_160, TOLD] = [0.55, 0.66];

/** What {@link straighten} is told. */
export interface StraightenOptions {
  readonly photo: Photo;
  readonly levels: readonly Level[];
  /** Whether the faces' points are those of a look at which they had 160 pixels. Each is then looked at as if upright. */
  readonly seenLarge: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Looks at each face once more for where its points are and how much it is tilted. */
export async function straighten(
  weights: YunetWeights,
  faces: readonly Face[],
  { photo, levels, seenLarge, signal }: StraightenOptions,
): Promise<Face[]> {
  const result: Face[] = [];
  for (let start = 0; start < faces.length; start += AT_A_TIME) {
    await breathe(signal);
    const some = faces.slice(start, start + AT_A_TIME);
    const turns = some.map(({ roll }) => (seenLarge ? roll / TOLD_AT_160 : 0));
    const seen = await lookAt(weights, { photo, levels }, some, LOOK, turns);
    for (const [i, face] of some.entries()) {
      const points = seen[i]?.points ?? face.points!;
      const roll = seen[i] ? turns[i] + (seen[i].roll - turns[i]) / TOLD : turns[i];
      result.push({ ...face, points: turnPoints(points, roll - rollOf(points)), roll });
    }
  }
  return result;
}

/** Turns points about their middle, clockwise. */
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
