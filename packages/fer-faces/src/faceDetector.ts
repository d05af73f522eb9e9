import { bindRunOptions, checkOptions as checkOptionNames, FerError, RUN_OPTIONS } from 'fer-core';
import type { DetectOptions, FaceDetector } from './detector.js';
import type { Face } from './face.js';
import { checkPhoto, type Photo } from './photo.js';
import { type Level, pyramid, tiles } from './pyramid.js';
import { confirm } from './yunet/confirm.js';
import { search } from './yunet/search.js';
import { straighten } from './yunet/straighten.js';
import { decodeWeights, disposeWeights } from './yunet/weights.js';

/** How carefully a detector looks. */
export type DetectorMode = 'fast' | 'thorough';

/** Options of {@link faceDetector}. */
export interface FaceDetectorOptions {
  /**
   * `'thorough'`, for photographs, finds faces from 24 pixels on, and looks at each find a second time. `'fast'`, for
   * cameras, looks for faces once, in the photo shrunk to 320 pixels: it finds those that fill 5 % of its longer side or
   * more. Both look at each face once more to tell how much it is tilted.
   *
   * @default 'thorough'
   */
  readonly mode?: DetectorMode | undefined;
}

/** Faces as sure as this are reported. Chosen on photographs: see the README. */
export const MIN_SCORE: Readonly<Record<DetectorMode, number>> = { fast: 0.6, thorough: 0.55 };

/** Longer side of the finest level of `'fast'`, in pixels. */
const FAST_SIDE = 320;

/** Longer side of the finest level of `'thorough'` where the photo allows it: 3 % of it are then 48 pixels. */
const THOROUGH_SIDE = 1600;

/** Least and largest scale of the finest level of `'thorough'`: a face of 24 pixels then has 12, one of 40 has 64. */
const [LEAST_SCALE, LARGEST_SCALE] = [0.5, 1.6];

/** Pixels a face should have for the network, where a least size is asked for. */
const FACE = 64;

/** The coarsest level is the first that has at most this longer side. */
const COARSEST = 200;

/** Score from which the first look of `'thorough'` has a second one follow, and how many do at most. */
const [CANDIDATE, MOST_CANDIDATES] = [0.15, 256];

/**
 * Makes a face detector, on whichever tfjs backend is set: `useWasm()` of fer-wasm makes that a fast one. Its network is
 * YuNet; the weights (106 kB) are part of this package, and imported when first asked for.
 *
 * The sizes at which it looks at a photo follow from the photo, and the results are merged, so that what is found does
 * not depend on how many pixels a photo happens to have.
 *
 * @returns It is yours: `dispose()` it when done.
 * @throws FerError `INVALID_ARGUMENT` for an unknown mode.
 *
 * @example
 * ```ts
 * await useWasm();
 * const detector = await faceDetector();
 * for (const { box, score } of await detector.detect(photo)) console.log(box, score);
 * ```
 */
export async function faceDetector(options: FaceDetectorOptions = {}): Promise<FaceDetector> {
  checkOptionNames('faceDetector', options, ['mode']);
  const { mode = 'thorough' } = options;
  if (mode !== 'fast' && mode !== 'thorough') {
    throw new FerError('INVALID_ARGUMENT', `mode is "${mode}": it must be 'fast' or 'thorough'.`);
  }
  const { default: base64 } = await import('../data/yunet.js');
  const weights = decodeWeights(base64);
  let isDisposed = false;
  return {
    async detect(photo, detectOptions = {}) {
      if (isDisposed) throw new FerError('INVALID_ARGUMENT', 'the detector has been disposed of: make another.');
      checkOptionNames('detect', detectOptions, ['minScore', 'maxFaces', 'minSize', ...RUN_OPTIONS]);
      const { minScore = MIN_SCORE[mode], maxFaces = Number.POSITIVE_INFINITY, minSize = 0 } = detectOptions;
      checkPhoto(photo);
      checkOptions(minScore, maxFaces, minSize);
      const levels = pyramid(photo, mode === 'fast' ? fastScales(photo) : thoroughScales(photo, minSize));
      const { signal } = detectOptions;
      const onRun = progressOf(detectOptions, levels);
      const first = { minScore: mode === 'fast' ? minScore : CANDIDATE, signal, onRun };
      let found = await search(weights, photo, levels, first);
      if (mode === 'thorough') {
        found = await confirm(weights, photo, levels, found.slice(0, MOST_CANDIDATES), { minScore, signal });
      }
      const wanted = largestFirst(found.filter(({ box }) => box.width >= minSize)).slice(0, maxFaces);
      const faces = await straighten(weights, wanted, { photo, levels, seenLarge: mode === 'thorough', signal });
      onRun();
      signal?.throwIfAborted();
      return faces;
    },
    dispose() {
      if (!isDisposed) disposeWeights(weights);
      isDisposed = true;
    },
  };
}

function checkOptions(minScore: number, maxFaces: number, minSize: number): void {
  const refuse = (message: string): never => {
    throw new FerError('INVALID_ARGUMENT', message);
  };
  if (!(minScore >= 0 && minScore <= 1)) refuse(`minScore is ${minScore}: it must be a number from 0 to 1.`);
  if (maxFaces !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxFaces) && maxFaces >= 1)) {
    refuse(`maxFaces is ${maxFaces}: it must be a whole number from 1.`);
  }
  if (!(minSize >= 0 && minSize < Number.POSITIVE_INFINITY)) {
    refuse(`minSize is ${minSize}: it must be a number of pixels from 0.`);
  }
}

function fastScales({ width, height }: Photo): number[] {
  const finest = Math.min(1, FAST_SIDE / Math.max(width, height));
  return [finest, finest / 2];
}

function thoroughScales({ width, height }: Photo, minSize: number): number[] {
  const longest = Math.max(width, height);
  const finest = Math.max(LEAST_SCALE, Math.min(LARGEST_SCALE, THOROUGH_SIDE / longest));
  const scales = [minSize > 0 ? Math.min(finest, FACE / minSize) : finest];
  while (scales[scales.length - 1] * longest > COARSEST) scales.push(scales[scales.length - 1] / 2);
  return scales;
}

/** Reports each tile that was looked at, and the further looks at what was found as one step more. */
function progressOf(options: DetectOptions, levels: readonly Level[]): () => void {
  const { onProgress } = bindRunOptions(options);
  const total = levels.reduce((sum, { photo }) => sum + tiles(photo).length, 1);
  let done = 0;
  return () => onProgress?.({ kind: 'transform', done: ++done, total });
}

function largestFirst(faces: readonly Face[]): Face[] {
  const area = ({ box }: Face): number => box.width * box.height;
  return [...faces].sort((a, b) => area(b) - area(a));
}
