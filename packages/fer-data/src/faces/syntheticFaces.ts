import { checkOptions, type Dataset, describeValue, FER2013_CLASSES, FerError, Random } from 'fer-core';
import { Canvas } from './canvas.js';
import { drawFace } from './drawFace.js';
import { drawExpression } from './expression.js';
import { drawPerson } from './person.js';
import { Pose } from './pose.js';
import { drawBackground, drawOcclusion, light } from './scene.js';
import { capture } from './sensor.js';

/** Options of {@link syntheticFaces}. */
export interface SyntheticFacesOptions {
  /** Number of faces, from 0. */
  readonly n: number;
  /**
   * Seed of all random choices. The same seed gives the same faces, byte for byte on the same JavaScript engine: engines may
   * differ in the last bit of a sine.
   * @default 0
   */
  readonly seed?: number | string | undefined;
  /**
   * Number of the first face. Each seed has an endless series of faces, of which faces `start` to `start + n − 1` are
   * drawn. Face i depends on the seed and on i alone, so a test set can be the next part of the series:
   * `{ n: 1000, start: 4000 }`.
   * @default 0
   */
  readonly start?: number | undefined;
  /**
   * Height and width in pixels, 16..1024.
   * @default 48
   */
  readonly size?: number | undefined;
  /**
   * Relative frequencies of the seven classes, in the order of `FER2013_CLASSES`, not all 0. The class of each face is
   * then drawn independently.
   * @default each class once in every seven faces
   */
  readonly weights?: readonly number[] | undefined;
  /**
   * How much pose, light, blur and noise vary, 0..1: with 0 not at all, with 1 as in snapshots.
   * @default 1
   */
  readonly variation?: number | undefined;
  /**
   * Strength of the weakest expressions, 0..1. With 0 they look neutral.
   * @default 0.5
   */
  readonly weakest?: number | undefined;
}

/**
 * Draws grey faces with the seven expressions of FER2013: a data set without a download, for demonstrations, tests and
 * benchmarks. Faces vary in identity, pose, light, background, occlusion, blur and noise, so that a linear classifier of
 * pixels does badly and a small convolutional network well. Models trained on them don't work on photographs.
 *
 * It draws about 3,000 faces per second, and doesn't return before all are drawn. In a web page, draw many faces in parts,
 * with `start`.
 *
 * @returns Images of size × size × 1. `ids` are the numbers of the faces in the series.
 * @throws FerError `INVALID_ARGUMENT` for an option outside its range.
 *
 * @example
 * ```ts
 * const train = syntheticFaces({ n: 4000, seed: 1 });
 * const test = syntheticFaces({ n: 1000, seed: 1, start: 4000 });
 * ```
 */
export function syntheticFaces(options: SyntheticFacesOptions): Dataset {
  checkOptions('syntheticFaces', options, ['n', 'seed', 'start', 'size', 'weights', 'variation', 'weakest']);
  const { n, seed = 0, start = 0, size = 48, weights, variation = 1, weakest = 0.5 } = options ?? {};
  checkRanges({ n, seed, start, size, weights, variation, weakest });
  const random = new Random(seed).split('syntheticFaces');
  const images = new Uint8Array(n * size * size);
  const labels = new Uint8Array(n);
  const ids = new Array<string>(n);
  const canvas = new Canvas(size);
  for (let i = 0; i < n; i++) {
    const face = start + i;
    ids[i] = String(face);
    labels[i] = weights !== undefined ? drawLabel(random.split('label', face), weights) : balancedLabel(random, face);
    const own = random.split('face', face);
    const pose = new Pose(own, size, variation);
    const person = drawPerson(own);
    const expression = drawExpression(labels[i], weakest, own);
    drawBackground(canvas, own);
    drawFace(canvas, person, expression, pose);
    drawOcclusion(canvas, person.skin, person.hair, pose, own);
    light(canvas, pose, variation, own);
    capture(canvas, variation, images.subarray(i * size * size, (i + 1) * size * size), own);
  }
  return { images, n, height: size, width: size, channels: 1, labels, classes: FER2013_CLASSES, ids };
}

function balancedLabel(random: Random, face: number): number {
  const k = FER2013_CLASSES.length;
  return random.split('block', Math.floor(face / k)).permutation(k)[face % k];
}

function drawLabel(random: Random, weights: readonly number[]): number {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let label = 0; label < weights.length; label++) {
    left -= weights[label];
    if (left < 0) return label;
  }
  return weights.findLastIndex((weight) => weight > 0);
}

function checkRanges(
  options: Required<Omit<SyntheticFacesOptions, 'weights'>> & { weights?: readonly number[] },
): void {
  const { n, start, size, weights, variation, weakest } = options;
  const ranges: [string, number, boolean, string][] = [
    ['n', n, Number.isSafeInteger(n) && n >= 0, 'a whole number from 0'],
    ['start', start, Number.isSafeInteger(start) && start >= 0, 'a whole number from 0'],
    ['size', size, Number.isInteger(size) && size >= 16 && size <= 1024, 'a whole number from 16 to 1024'],
    ['variation', variation, isShare(variation), 'from 0 to 1'],
    ['weakest', weakest, isShare(weakest), 'from 0 to 1'],
  ];
  for (const [name, value, fine, range] of ranges) {
    if (!fine) throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: it must be ${range}.`);
  }
  const k = FER2013_CLASSES.length;
  if (weights === undefined) return;
  const given = Array.isArray(weights) ? `[${Array.from(weights, describeValue).join(', ')}]` : describeValue(weights);
  const fine =
    Array.isArray(weights) &&
    weights.length === k &&
    Array.from(weights).every((w) => typeof w === 'number' && w >= 0) &&
    weights.some((w) => w > 0) &&
    Number.isFinite(weights.reduce((sum, w) => sum + w, 0));
  if (!fine) throw new FerError('INVALID_ARGUMENT', `weights are ${given}: give ${k} numbers from 0, not all 0.`);
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
