/**
 * Writes the scores of the candidates that `'thorough'` finds in pictures with pasted faces and in pictures without
 * faces, for fitFusion.py:
 *
 *   npx tsx packages/fer-faces/training/collectCandidates.ts FACES PICTURES > candidates.csv
 *
 * FACES has FER2013's Training rows as files, one folder per class (`exportImageFolder` of fer-data writes them).
 * PICTURES is as for trainVerifier.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import sharp from 'sharp';
import { match } from '../../../bench/faces/match.js';
import { pastedBackgrounds } from '../../../bench/faces/pasted.js';
import { faceFiles, makeScene } from '../../../bench/faces/pastedFaces.js';
import verifierBase64 from '../data/verifier.js';
import yunetBase64 from '../data/yunet.js';
import { CANDIDATE, thoroughScales } from '../src/faceDetector.js';
import { loadPhoto } from '../src/loadPhoto.js';
import type { FaceBox, Photo } from '../src/photo.js';
import { pyramid } from '../src/pyramid.js';
import { decodeVerifier } from '../src/verifier/network.js';
import { scoreCandidates } from '../src/yunet/confirm.js';
import { search } from '../src/yunet/search.js';
import { decodeWeights } from '../src/yunet/weights.js';

/** Smallest face in pixels, as in `'thorough'`. */
const MIN_SIZE = 24;

/** Width of the pictures with pasted faces, and how many of each. */
const SCENES = [
  { width: 320, count: 160 },
  { width: 640, count: 70 },
];

/** Widths of the pictures without faces. */
const WIDTHS = [640, 1600];

const [facesFolder, picturesFolder] = process.argv.slice(2);
await useWasm({ threads: 1 });
const networks = { yunet: decodeWeights(yunetBase64), verifier: decodeVerifier(verifierBase64) };

/** Prints a row per candidate: whether it is a face, and its scores. */
async function collect(photo: Photo, truth: readonly FaceBox[]): Promise<void> {
  const levels = pyramid(photo, thoroughScales(photo, MIN_SIZE));
  const found = await search(networks.yunet, photo, levels, { minScore: CANDIDATE });
  const scored = (await scoreCandidates(networks, photo, levels, found)).filter(
    ({ face }) => face.box.width >= MIN_SIZE,
  );
  const { found: faces, wrong } = match(
    scored.map(({ face }) => face),
    truth,
  );
  const print = (isFace: 0 | 1, index: number): void => {
    const { upright, search: first, verifier } = scored[index].scores;
    console.log([isFace, upright, first, verifier].join());
  };
  for (const index of faces) if (index !== undefined) print(1, index);
  for (const index of wrong) print(0, index);
}

console.log('face,upright,search,verifier');
const files = faceFiles(facesFolder);
const backgrounds = await pastedBackgrounds();
for (const { width, count } of SCENES) {
  for (let i = 0; i < count; i++) {
    const random = new Random(`train/${width}/${i}`);
    const { photo, faces } = await makeScene(backgrounds[random.int(backgrounds.length)], width, files, random);
    await collect(
      photo,
      faces.map(({ square }) => square),
    );
  }
}
for (const file of readFileSync(new URL('pictures.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')) {
  for (const width of WIDTHS) {
    const picture = await sharp(join(picturesFolder, file)).flatten().resize({ width }).png().toBuffer();
    await collect(await loadPhoto(picture), []);
  }
}
