/**
 * How many of FER2013's faces are detected in pictures onto which they were pasted, and how accurately they are
 * classified there.
 */
import { type Classifier, type Images, Random } from 'fer-core';
import { concatImages } from 'fer-data';
import { cropFaces, type Face, type FaceDetector, faceSquare, type Photo, readFaces } from 'fer-faces';
import sharp from 'sharp';
import { facelessPictures, landscapes } from './facelessPictures.js';
import { match } from './match.js';
import { type FaceFile, makeScene, type PastedFace } from './pastedFaces.js';

/** Widths of the pictures, in pixels. */
export const WIDTHS = [320, 640, 1000, 1600, 2500, 4000];

/** The lowest score considered, so that one run shows the results of all higher thresholds. */
const LEAST_SCORE = 0.3;

/** A pasted face and its results. */
export interface PastedResult extends PastedFace {
  /** Index of the scene, so that thresholds can be chosen on one half and measured on the other. */
  readonly scene: number;
  /** Score of the matching detection; absent if there is none. */
  readonly score?: number;
  /** The class predicted for the crop around the detection. */
  readonly expression?: string;
  /** The class predicted for FER2013's own picture. */
  readonly expressionAlone: string;
  /** The class predicted for the pasted pixels, cut exactly where the face was pasted: what pasting itself costs. */
  readonly expressionExact: string;
}

/** The results for one width. */
export interface PastedWidth {
  readonly width: number;
  readonly faces: readonly PastedResult[];
  /** Scores and scenes of false detections. */
  readonly wrong: readonly { readonly scene: number; readonly score: number }[];
}

/** The inputs for making pictures. */
export interface PastedOptions {
  readonly width: number;
  /** Number of scenes. */
  readonly scenes: number;
  /** Number of the first scene, which is its seed. */
  readonly from: number;
  /** Pictures without faces, of any size. */
  readonly backgrounds: readonly Photo[];
}

/** Loads the pictures without faces onto which faces are pasted. */
export async function pastedBackgrounds(): Promise<readonly Photo[]> {
  return [...(await landscapes()), ...facelessPictures(18, 'backgrounds', 1280)];
}

/** Makes `scenes` pictures of a given width, and detects the faces. Every run has the same pictures. */
export async function pasted(
  detector: FaceDetector,
  classifier: Classifier<Images>,
  files: readonly FaceFile[],
  { width, scenes, from, backgrounds }: PastedOptions,
): Promise<PastedWidth> {
  const faces: PastedResult[] = [];
  const wrong: { scene: number; score: number }[] = [];
  for (let i = from; i < from + scenes; i++) {
    const random = new Random(`scene/${width}/${i}`);
    const scene = await makeScene(backgrounds[random.int(backgrounds.length)], width, files, random);
    if (scene.faces.length === 0) continue;
    const finds = await detector.detect(scene.photo, { minScore: LEAST_SCORE });
    const matched = match(
      finds,
      scene.faces.map(({ square }) => square),
    );
    const read = await readFaces(classifier, cropFaces(scene.photo, finds));
    const originals = await Promise.all(scene.faces.map(({ source }) => original(source)));
    const alone = await readFaces(classifier, concatImages(...originals));
    const exact = await readFaces(classifier, cropFaces(scene.photo, scene.faces.map(exactFace)));
    for (const [j, face] of scene.faces.entries()) {
      const find = matched.found[j];
      const expressionAlone = alone[j].expression;
      const expressionExact = exact[j].expression;
      if (find === undefined) faces.push({ ...face, scene: i, expressionAlone, expressionExact });
      else {
        const { score } = finds[find];
        const { expression } = read[find];
        faces.push({ ...face, scene: i, score, expression, expressionAlone, expressionExact });
      }
    }
    wrong.push(...matched.wrong.map((find) => ({ scene: i, score: finds[find].score })));
  }
  return { width, faces, wrong };
}

/** The face whose crop is exactly the pasted square. */
function exactFace({ square, turn }: PastedFace): Pick<Face, 'box' | 'roll'> {
  const unit = { x: -0.5, y: -0.5, width: 1, height: 1 };
  const { centre, side } = faceSquare({ box: unit, roll: turn }, true);
  const width = square.width / side;
  const x = square.x + square.width / 2 - width * centre.x - width / 2;
  const y = square.y + square.height / 2 - width * centre.y - width / 2;
  return { box: { x, y, width, height: width }, roll: turn };
}

function isFound({ score }: PastedResult, minScore: number): boolean {
  return score !== undefined && score >= minScore;
}

/** Prints recall and false detections for a width. */
export function printWidth({ width, faces, wrong }: PastedWidth, minScore: number): void {
  const found = faces.filter((face) => isFound(face, minScore)).length;
  const falseFinds = wrong.filter(({ score }) => score >= minScore).length;
  console.log(`${width} pixels wide: ${share(found, faces.length)} pasted faces, ${falseFinds} false`);
}

/** Prints the accuracies, and the results that other thresholds would have on each half. */
export function printPasted(results: readonly PastedWidth[], minScore: number): void {
  const all = results.flatMap(({ faces }) => faces);
  const wrong = results.flatMap((result) => result.wrong);
  for (const threshold of [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6]) {
    const halves = [0, 1].map((half) => {
      const faces = all.filter(({ scene }) => scene % 2 === half);
      const found = faces.filter(({ score }) => score !== undefined && score >= threshold).length;
      const falseFinds = wrong.filter(({ scene, score }) => scene % 2 === half && score >= threshold).length;
      return `${share(found, faces.length)}, ${falseFinds} false`;
    });
    console.log(`  score from ${threshold}: even scenes ${halves[0]}; odd scenes ${halves[1]}`);
  }
  const found = all.filter((face) => isFound(face, minScore));
  printAccuracy('all', found);
  const aloneAll = all.filter((face) => isRight(face, 'expressionAlone')).length;
  console.log(`  FER2013's own crops of all faces, also those not found: ${share(aloneAll, all.length)}`);
  for (const [from, to] of [
    [0, 64],
    [64, 128],
    [128, 256],
    [256, 4000],
  ]) {
    const sized = all.filter(({ square }) => square.width >= from && square.width < to);
    if (sized.length === 0) continue;
    const ours = sized.filter((face) => isFound(face, minScore)).length;
    console.log(`  ${from} to ${to} pixels: ${share(ours, sized.length)} found`);
    printAccuracy(
      `${from} to ${to} pixels`,
      found.filter((face) => sized.includes(face)),
    );
  }
  for (const [from, to] of [
    [0, 7],
    [7, 14],
    [14, 21],
  ]) {
    const all20 = all.filter(({ turn }) => Math.abs(turn) >= from && Math.abs(turn) < to);
    const ours20 = all20.filter((face) => isFound(face, minScore)).length;
    console.log(`  turned by ${from} to ${to}°: ${share(ours20, all20.length)} found`);
  }
  for (const [from, to] of [
    [0, 7],
    [7, 14],
    [14, 21],
  ]) {
    const turned = found.filter(({ turn }) => Math.abs(turn) >= from && Math.abs(turn) < to);
    printAccuracy(`turned by ${from} to ${to}°`, turned);
  }
}

type Prediction = 'expression' | 'expressionAlone' | 'expressionExact';

function isRight(face: PastedResult, by: Prediction): boolean {
  return face[by] === face.source.label;
}

/** Prints the accuracies for the same faces, and how many only one of two crops gets right, as McNemar's test needs. */
function printAccuracy(name: string, faces: readonly PastedResult[]): void {
  if (faces.length === 0) return;
  const right = (by: Prediction): string => share(faces.filter((face) => isRight(face, by)).length, faces.length);
  const only = (a: Prediction, b: Prediction): number =>
    faces.filter((face) => isRight(face, a) && !isRight(face, b)).length;
  console.log(
    `  accuracy, ${name}: ${right('expression')} after detection; ${right('expressionExact')} of the pasted pixels at ` +
      `the true place; ${right('expressionAlone')} on FER2013's own crops. Right only after detection: ` +
      `${only('expression', 'expressionAlone')}, only on the own crop: ${only('expressionAlone', 'expression')}`,
  );
}

/** FER2013's own picture, unchanged. */
async function original({ file }: FaceFile): Promise<Images> {
  const { data, info } = await sharp(file).greyscale().raw().toBuffer({ resolveWithObject: true });
  return { images: new Uint8Array(data), n: 1, height: info.height, width: info.width, channels: 1 };
}

function share(part: number, whole: number): string {
  return `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;
}
