import { breathe } from 'fer-core';
import { type Face, type FacePoints, type Point, rollOf } from '../face.js';
import type { Photo } from '../photo.js';
import type { Level } from '../pyramid.js';
import { AT_A_TIME, type Look, lookAt } from './look.js';
import type { YunetWeights } from './weights.js';

/** A crop in which the face has 180 pixels. In smaller ones, the network's points hardly show a tilt. */
const LOOK: Look = { side: 224, share: 0.8 };

/**
 * The network was trained on upright faces, so it underestimates the tilt of a face. These are the fractions of the
 * tilt that its points show if the face has 160 pixels, and if it has the crop's 180. Measured on PublicTest faces
 * rotated by up to 25°: the median over the faces, with a standard deviation of 0.2.
 */
const [TOLD_AT_160, TOLD] = [0.55, 0.66];

/** Input of {@link straighten}. */
export interface StraightenOptions {
  readonly photo: Photo;
  readonly levels: readonly Level[];
  /**
   * Whether the faces' points come from a crop in which they had 160 pixels. Their tilt is then corrected before the
   * crop.
   */
  readonly seenLarge: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Runs the network once more on each face, to refine its points and its tilt. */
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
