/** The windows that the verifier learns from: faces of FER2013, parts of them, and squares of pictures without faces. */
import type { Images, Random } from 'fer-core';
import type { Photo } from 'fer-faces';
import { thoroughScales } from '../src/faceDetector.js';
import { type FaceSquare, faceSquare } from '../src/framing.js';
import { greySquare } from '../src/greySquare.js';
import { pyramid } from '../src/pyramid.js';
import { resample } from '../src/resample.js';
import { SIDE } from '../src/verifier/network.js';
import { TIGHT } from '../src/verifier/verify.js';
import { firstLooks } from '../src/yunet/confirm.js';
import { search } from '../src/yunet/search.js';
import type { YunetWeights } from '../src/yunet/weights.js';

/** Windows are 32×32 grey images, as the verifier takes them. */
export type Windows = Uint8Array[];

/** FER2013's image `index` as a photo. */
function photoOf({ images, width, height }: Images, index: number): Photo {
  const grey = images.subarray(index * width * height, (index + 1) * width * height);
  const pixels = new Uint8Array(3 * grey.length);
  for (const [i, value] of grey.entries()) pixels.fill(value, 3 * i, 3 * i + 3);
  return { pixels, width, height };
}

/**
 * One window a face, framed as differently as the detector frames faces, and for half of them as blurred as faces of 20
 * pixels and more are.
 */
export function faceWindows(faces: Images, indices: readonly number[], random: Random): Windows {
  return indices.map((index) => {
    let photo = photoOf(faces, index);
    if (random.uniform() < 0.5) {
      const side = Math.round(random.between(20, 48));
      photo = resample(resample(photo, side, side), 48, 48);
    }
    const side = random.between(32, 48);
    const room = Math.min(3, (48 - side) / 2 + 1);
    const centre = { x: 24 + random.between(-room, room), y: 24 + random.between(-room, room) };
    return greySquare(photo, { centre, side, turn: 6 * random.normal() }, SIDE);
  });
}

/** One window a face that shows no upright face: a small part of it, or the face on its side or upside down. */
export function partWindows(faces: Images, indices: readonly number[], random: Random): Windows {
  return indices.map((index) => {
    const photo = photoOf(faces, index);
    if (random.uniform() < 0.3) {
      const turn = 90 * (1 + random.int(3)) + 10 * random.normal();
      return greySquare(photo, { centre: { x: 24, y: 24 }, side: random.between(34, 46), turn }, SIDE);
    }
    const side = random.between(10, 20);
    const room = 24 - side / 2;
    const centre = { x: 24 + random.between(-room, room), y: 24 + random.between(-room, room) };
    return greySquare(photo, { centre, side, turn: random.between(-20, 20) }, SIDE);
  });
}

/** `n` random windows of a picture without faces. Flat ones are left out: the detector never proposes them. */
export function pictureWindows(photo: Photo, n: number, random: Random): Windows {
  const windows: Windows = [];
  const most = 0.6 * Math.min(photo.width, photo.height);
  for (let i = 0; i < n; i++) {
    const side = Math.min(most, 20 * (most / 20) ** random.uniform());
    const square: FaceSquare = {
      centre: { x: random.between(0, photo.width), y: random.between(0, photo.height) },
      side,
      turn: random.between(-20, 20),
    };
    const window = greySquare(photo, square, SIDE);
    if (deviation(window) > 6) windows.push(window);
  }
  return windows;
}

/** The lowest score of the search from which a candidate is a window. */
const LEAST_CANDIDATE = 0.02;

/** The most candidates of one picture. Some textures have hundreds. */
const MOST_CANDIDATES = 30;

/**
 * `each` windows of each of the best candidates that YuNet finds in a picture without faces, framed as differently as the
 * detector frames faces.
 */
export async function candidateWindows(
  yunet: YunetWeights,
  photo: Photo,
  each: number,
  random: Random,
): Promise<Windows> {
  const levels = pyramid(photo, thoroughScales(photo, SIDE));
  const found = await search(yunet, photo, levels, { minScore: LEAST_CANDIDATE });
  const looks = await firstLooks(yunet, { photo, levels }, found.slice(0, MOST_CANDIDATES));
  return looks.flatMap(({ face }) => {
    const { centre, side, turn } = faceSquare(face, true);
    return Array.from({ length: each }, () => {
      const size = TIGHT * side * random.between(0.8, 1.2);
      const shift = (): number => 0.06 * size * random.normal();
      const square = {
        centre: { x: centre.x + shift(), y: centre.y + shift() },
        side: size,
        turn: turn + 6 * random.normal(),
      };
      return greySquare(photo, square, SIDE);
    });
  });
}

function deviation(values: Uint8Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
