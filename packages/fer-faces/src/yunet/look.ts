import type { Face, FacePoints, Point } from '../face.js';
import { rollOf } from '../face.js';
import type { FaceBox, Photo } from '../photo.js';
import type { Level } from '../pyramid.js';
import { average, overlap } from '../suppress.js';
import { turnedSquare } from '../turnedSquare.js';
import type { Candidate } from './decode.js';
import { runYunet } from './network.js';
import type { YunetWeights } from './weights.js';

/** A crop around one face: the side of the picture in pixels, and the fraction of it that the face spans. */
export interface Look {
  readonly side: number;
  readonly share: number;
}

/** How many faces one run of the network processes. */
export const AT_A_TIME = 8;

/** A detection that overlaps the face by less than this belongs to another face. */
const SAME = 0.3;

/** Detections with a lower score are ignored. */
const LEAST_SCORE = 0.05;

/**
 * Runs the network again on each face, in a separate picture. If `turns` is given (degrees, clockwise), each picture is
 * rotated so that the face is upright.
 *
 * @returns The network's detections, in pixels of the photo. Boxes are axis-aligned, with the centres of the rotated
 *   ones.
 */
export async function lookAt(
  weights: YunetWeights,
  { photo, levels }: { readonly photo: Photo; readonly levels: readonly Level[] },
  faces: readonly Face[],
  { side, share }: Look,
  turns: readonly number[] = [],
): Promise<(Face | undefined)[]> {
  const views = faces.map(({ box }, i) => viewOf(photo, levels, box, side, share, turns[i] ?? 0));
  const found = await runYunet(
    weights,
    views.map(({ picture }) => picture),
    LEAST_SCORE,
  );
  return found.map((list, i) => {
    const near = list.map(inView).filter(({ box }) => overlap(box, views[i].box) > SAME);
    return near.length > 0 ? inPhoto(average(near), views[i]) : undefined;
  });
}

/** A square of the photo as a picture. */
interface View {
  readonly picture: Photo;
  /** The face's box in the picture. */
  readonly box: FaceBox;
  /** Converts a vector from the centre of the picture to the photo. */
  readonly toPhoto: (x: number, y: number) => Point;
  /** Centre of the square, in the photo. */
  readonly centre: Point;
  /** Pixels of the photo per pixel of the picture, along both axes. */
  readonly zoom: Point;
  readonly side: number;
  readonly turn: number;
}

function viewOf(
  photo: Photo,
  levels: readonly Level[],
  { x, y, width, height }: FaceBox,
  side: number,
  share: number,
  turn: number,
): View {
  const size = Math.sqrt(width * height);
  const { photo: source } = sourceOf(photo, levels, size, side * share);
  const [across, down] = [photo.width / source.width, photo.height / source.height];
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const centre = { x: x + width / 2, y: y + height / 2 };
  const inSource = { x: centre.x / across, y: centre.y / down };
  const sourceSide = Math.sqrt(((width / across) * height) / down) / share;
  const zoom = { x: (across * sourceSide) / side, y: (down * sourceSide) / side };
  const [boxWidth, boxHeight] = [width / zoom.x, height / zoom.y];
  return {
    picture: turnedSquare(source, { centre: inSource, side: sourceSide, turn }, side),
    box: { x: (side - boxWidth) / 2, y: (side - boxHeight) / 2, width: boxWidth, height: boxHeight },
    toPhoto: (u, v) => ({ x: (u * cos - v * sin) * zoom.x, y: (u * sin + v * cos) * zoom.y }),
    centre,
    zoom,
    side,
    turn,
  };
}

/**
 * The smallest version of the photo in which a face still has the wanted number of pixels, or else the most detailed
 * one.
 */
function sourceOf(photo: Photo, levels: readonly Level[], size: number, wanted: number): Level {
  const sources = [{ photo, scale: 1 }, ...levels].sort((a, b) => a.scale - b.scale);
  return sources.find(({ scale }) => scale * size >= wanted) ?? sources[sources.length - 1];
}

function inView({ score, x, y, width, height, points: p }: Candidate): Face {
  const point = (i: number): Point => ({ x: p[2 * i], y: p[2 * i + 1] });
  const points = { rightEye: point(0), leftEye: point(1), nose: point(2), mouthRight: point(3), mouthLeft: point(4) };
  return { box: { x, y, width, height }, score, points, roll: rollOf(points) };
}

function inPhoto({ box, score, points, roll }: Face, { toPhoto, centre, zoom, side, turn }: View): Face {
  const place = ({ x, y }: Point): Point => {
    const from = toPhoto(x - side / 2, y - side / 2);
    return { x: centre.x + from.x, y: centre.y + from.y };
  };
  const middle = place({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  const [width, height] = [box.width * zoom.x, box.height * zoom.y];
  const { rightEye, leftEye, nose, mouthRight, mouthLeft } = points!;
  const placed: FacePoints = {
    rightEye: place(rightEye),
    leftEye: place(leftEye),
    nose: place(nose),
    mouthRight: place(mouthRight),
    mouthLeft: place(mouthLeft),
  };
  return {
    box: { x: middle.x - width / 2, y: middle.y - height / 2, width, height },
    score,
    points: placed,
    roll: turn + roll,
  };
}
