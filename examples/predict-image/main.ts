/**
 * Finds the faces in photos and classifies their expressions:
 *
 *   npm run predict-image -- photo.jpg
 *   npm run predict-image -- holiday/*.jpg --out labelled
 *   npm run predict-image -- face.png --whole --model compact-vgg/l2svm
 */
import { resolve } from 'node:path';
import { backbones } from 'fer-backbones';
import { type Classifier, type Images, isFerError, loadClassifier } from 'fer-core';
import { loadImage } from 'fer-data/node';
import { type FaceBox, type FaceDetector, faceDetector, type Reading, readExpressions, readFaces } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { heads } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { explain } from '../shared/explain.js';
import { modelFolder } from '../shared/modelFolder.js';
import { drawBars } from './bars.js';
import { drawFaces } from './drawFaces.js';
import { type Options, readOptions } from './options.js';

/** A face for the output. The box and the detector's score are present only if faces were detected. */
type Found = Reading & { readonly box?: FaceBox; readonly score?: number };

const options = readOptions(process.argv.slice(2));
await useWasm();
const folder = await modelFolder(options.model).catch(explain);
const classifier = await loadClassifier(folder, { backbones, heads }).catch(explain);
const detector = options.part === 'faces' ? await faceDetector() : undefined;
const measure = classifier.predictProba ? 'probability' : 'margin';

const taken = new Set(options.files.map((file) => resolve(file)));
const images = [];
for (const file of options.files) {
  // A file that can't be read doesn't prevent the others from being read.
  const faces = await read(file, options, classifier, detector).catch((error) => {
    if (!isFerError(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
  if (!faces) continue;
  images.push({ file, faces: faces.map(({ box, score, ...reading }) => ({ box, score, ...figures(reading) })) });
  if (faces.length === 0) console.log(`${file}: no face found\n`);
  for (const [i, face] of faces.entries()) console.log(`${title(file, face, i, faces.length)}\n${bars(face)}\n`);
}
if (measure === 'margin')
  console.log('These are margins, not probabilities: a positive margin speaks for an expression.');
if (options.json) console.log(JSON.stringify({ model: options.model, measure, images }));

async function read(
  file: string,
  { part, out }: Options,
  classifier: Classifier<Images>,
  detector?: FaceDetector,
): Promise<readonly Found[]> {
  if (part === 'faces') {
    const photo = await loadPhoto(file);
    const faces = await readExpressions(photo, { detector: detector!, classifier });
    if (out !== undefined) console.log(`${file}: drawn into ${await drawFaces(file, photo, faces, out, taken)}`);
    return faces;
  }
  return readFaces(classifier, await loadImage(file, part === 'whole' ? {} : { box: part }));
}

function title(file: string, { box, expression }: Found, i: number, n: number): string {
  if (!box) return `${file}: ${expression}`;
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
  return `${file}, face ${i + 1} of ${n} at ${x},${y},${width},${height}: ${expression}`;
}

function sorted({ probabilities, scores }: Reading): { name: string; score: number }[] {
  const byName = Object.entries(probabilities ?? scores!).map(([name, score]) => ({ name, score }));
  return byName.sort((a, b) => b.score - a.score);
}

function figures(reading: Reading): { predicted: string; scores: { name: string; score: number }[] } {
  return { predicted: reading.expression, scores: sorted(reading) };
}

function bars(face: Found): string {
  return drawBars(sorted(face), measure);
}
