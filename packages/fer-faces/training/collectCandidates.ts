/**
 * Writes the scores of the candidates that `'thorough'` finds in pictures with pasted faces and in pictures without
 * faces, for fitFusion.py:
 *
 *   npx tsx packages/fer-faces/training/collectCandidates.ts FACES PICTURES > candidates.csv
 *
 * FACES has FER2013's Training rows as files, one folder per class (`exportImageFolder` of fer-data writes them).
 * PICTURES is the folder that training/fusionPictures.txt is relative to: pictures without faces that trainVerifier.ts
 * does not use. Faces are pasted onto these, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import sharp from 'sharp';
import { match } from '../../../bench/faces/match.js';
import { faceFiles, makeScene } from '../../../bench/faces/pastedFaces.js';
import verifierBase64 from '../data/verifier.js';
import yunetBase64 from '../data/yunet.js';
import { CANDIDATE, thoroughScales } from '../src/faceDetector.js';
import { loadPhoto } from '../src/loadPhoto.js';
import type { FaceBox, Photo } from '../src/photo.js';
import { pyramid } from '../src/pyramid.js';
import { overlap } from '../src/suppress.js';
import { decodeVerifier } from '../src/verifier/network.js';
import { scoreCandidates } from '../src/yunet/confirm.js';
import { search } from '../src/yunet/search.js';
import { decodeWeights } from '../src/yunet/weights.js';

/** Smallest face in pixels: the default of `'thorough'` when the weights were fitted. */
const MIN_SIZE = 24;

/** Width of the pictures with pasted faces, and how many of each. */
const SCENES = [
  { width: 320, count: 80 },
  { width: 640, count: 30 },
  { width: 1600, count: 8 },
];

/** Width of the pictures without faces. */
const WIDTH = 640;

/** The most candidates of one picture. Some textures have hundreds. */
const MOST_CANDIDATES = 40;

const [facesFolder, picturesFolder] = process.argv.slice(2);
await useWasm({ threads: 1 });
const networks = { yunet: decodeWeights(yunetBase64), verifier: decodeVerifier(verifierBase64) };

/** A picture, enlarged or shrunk to the given width. */
async function load(file: string, width: number): Promise<Photo> {
  return loadPhoto(await sharp(join(picturesFolder, file)).flatten().resize({ width }).png().toBuffer());
}

/** Prints a row per candidate: whether it is a face, its scores, the pixels searched, and how many faces were pasted. */
async function collect(photo: Photo, truth: readonly FaceBox[]): Promise<void> {
  const levels = pyramid(photo, thoroughScales(photo, MIN_SIZE));
  const searched = levels[0].photo.width * levels[0].photo.height;
  const all = await search(networks.yunet, photo, levels, { minScore: CANDIDATE });
  const found = all.slice(0, MOST_CANDIDATES);
  const scored = (await scoreCandidates(networks, { photo, levels }, found, { minScore: 0 })).filter(
    ({ face }) => face.box.width >= MIN_SIZE,
  );
  const { found: faces, wrong } = match(
    scored.map(({ face }) => face),
    truth,
  );
  const print = (isFace: 0 | 1, index: number): void => {
    const { upright, search: first, verifier } = scored[index].scores;
    console.log([isFace, upright, first, verifier, searched, truth.length].join());
  };
  for (const index of faces) if (index !== undefined) print(1, index);
  // What touches a pasted face is part of it: it is neither a face nor something else.
  for (const index of wrong) if (truth.every((box) => overlap(scored[index].face.box, box) === 0)) print(0, index);
}

console.log('face,upright,search,verifier,searched,pasted');
const files = faceFiles(facesFolder);
const pictures = readFileSync(new URL('fusionPictures.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');
for (const { width, count } of SCENES) {
  for (let i = 0; i < count; i++) {
    const random = new Random(`train/${width}/${i}`);
    const background = await load(pictures[random.int(pictures.length)], width);
    const { photo, faces } = await makeScene(background, width, files, random);
    await collect(
      photo,
      faces.map(({ square }) => square),
    );
  }
}
for (const file of pictures) await collect(await load(file, WIDTH), []);
