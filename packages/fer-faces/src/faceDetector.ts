import { bindRunOptions, checkChoice, checkOptions, FerError, RUN_OPTIONS } from 'fer-core';
import { demandBackend } from './demandBackend.js';
import { checkDetectRanges, type DetectOptions, type FaceDetector } from './detector.js';
import type { Face } from './face.js';
import { checkPhoto, isInPhoto, type Photo } from './photo.js';
import { type Level, pyramid, tiles } from './pyramid.js';
import { decodeVerifier, disposeVerifier, type VerifierWeights } from './verifier/network.js';
import { confirm } from './yunet/confirm.js';
import { search } from './yunet/search.js';
import { straighten } from './yunet/straighten.js';
import { decodeWeights, disposeWeights } from './yunet/weights.js';

/** Whether a detector favours speed or accuracy. */
export type DetectorMode = 'fast' | 'thorough';

/** Options of {@link faceDetector}. */
export interface FaceDetectorOptions {
  /**
   * `'thorough'`, for photographs, finds faces of 20 pixels and more, and checks each of them again, rotated upright.
   * `'fast'`, for cameras, searches once, in the photo shrunk to 320 pixels; it finds faces that fill at least 5 % of
   * the photo's longer side, and runs the network again only to measure the tilt of faces that fill less than about
   * half of it.
   *
   * @default 'thorough'
   */
  readonly mode?: DetectorMode | undefined;
}

/**
 * Default of `detect`'s `minScore` by mode, 0..1. The scores of the modes can't be compared: `'fast'` returns YuNet's,
 * `'thorough'` a probability that combines it with the verifier's. See the README for how they were chosen.
 */
export const MIN_SCORE: Readonly<Record<DetectorMode, number>> = { fast: 0.6, thorough: 0.35 };

/**
 * Default of `detect`'s `minSize` by mode, in pixels of the photo. The README counts what other values find of pasted
 * faces.
 */
const MIN_SIZE: Readonly<Record<DetectorMode, number>> = { fast: 0, thorough: 20 };

/** Longer side of the finest level of `'fast'`, in pixels. */
const FAST_SIDE = 320;

/** Longer side of the finest level of `'thorough'` if the photo allows it: 3 % of it is then 77 pixels. */
const THOROUGH_SIDE = 2560;

/**
 * Smallest and largest scale of the finest level of `'thorough'`: a face of 20 pixels then has 10 to 50, one of 40 has
 * up to 100.
 */
const [LEAST_SCALE, LARGEST_SCALE] = [0.5, 2.5];

/** Size in pixels that the network should see faces of the minimum size at, if there is one. */
const FACE = 100;

/** The coarsest level is the first whose longer side is at most this. */
const COARSEST = 200;

/** The score from which `'thorough'` checks a candidate a second time. */
export const CANDIDATE = 0.05;

/** The most candidates that it checks. */
const MOST_CANDIDATES = 256;

/**
 * Makes a face detector on the current tfjs backend; `await useWasm()` of fer-wasm first for a fast one. The network is
 * YuNet; `'thorough'` also runs a small verifier on each candidate. Their weights (106 and 55 kB) are part of this package
 * and are imported on first use.
 *
 * The detector searches at sizes that depend on the photo and merges the results, so that they don't depend on the
 * photo's resolution.
 *
 * @returns A detector that belongs to the caller: call `dispose()` when done.
 * @throws FerError `INVALID_ARGUMENT` for an unknown mode; `UNSUPPORTED` if no tfjs backend is running.
 * @example
 * ```ts
 * await useWasm();
 * const detector = await faceDetector();
 * for (const { box, score } of await detector.detect(photo)) console.log(box, score);
 * ```
 */
export async function faceDetector(options: FaceDetectorOptions = {}): Promise<FaceDetector> {
  checkOptions('faceDetector', options, ['mode']);
  const { mode = 'thorough' } = options;
  checkChoice('mode', mode, ['fast', 'thorough']);
  demandBackend();
  const { default: base64 } = await import('../data/yunet.js');
  const weights = decodeWeights(base64);
  const verifier = mode === 'thorough' ? await loadVerifier() : undefined;
  let isDisposed = false;
  const checkUsable = (): void => {
    if (isDisposed) throw new FerError('INVALID_ARGUMENT', 'the detector has been disposed of: make another.');
  };
  return {
    async detect(photo, detectOptions = {}) {
      checkUsable();
      checkOptions('detect', detectOptions, ['minScore', 'maxFaces', 'minSize', ...RUN_OPTIONS]);
      const { minScore = MIN_SCORE[mode], minSize = MIN_SIZE[mode] } = detectOptions;
      const { maxFaces = Number.POSITIVE_INFINITY } = detectOptions;
      checkPhoto(photo);
      checkDetectRanges({ minScore, maxFaces, minSize });
      const levels = pyramid(photo, mode === 'fast' ? fastScales(photo) : thoroughScales(photo, minSize));
      const { signal } = detectOptions;
      const onRun = progressOf(detectOptions, levels);
      const first =
        mode === 'fast' ? { minScore, signal, onRun } : { minScore: CANDIDATE, keepNested: true, signal, onRun };
      try {
        const found = await search(weights, photo, levels, first);
        const wanted = <T extends Face>(all: readonly T[]): T[] =>
          largestFirst(all.filter(({ box }) => box.width >= minSize && isInPhoto(box, photo))).slice(0, maxFaces);
        const candidates = found.slice(0, MOST_CANDIDATES);
        const faces = verifier
          ? wanted(await confirm({ yunet: weights, verifier }, { photo, levels }, candidates, { minScore, signal }))
          : await straighten(weights, wanted(found), { photo, levels, signal });
        onRun();
        signal?.throwIfAborted();
        return faces;
      } catch (cause) {
        // The weights may have been disposed of in the meantime.
        signal?.throwIfAborted();
        checkUsable();
        throw cause;
      }
    },
    dispose() {
      if (isDisposed) return;
      disposeWeights(weights);
      if (verifier) disposeVerifier(verifier);
      isDisposed = true;
    },
  };
}

async function loadVerifier(): Promise<VerifierWeights> {
  const { default: base64 } = await import('../data/verifier.js');
  return decodeVerifier(base64);
}

function fastScales({ width, height }: Photo): number[] {
  const finest = Math.min(1, FAST_SIDE / Math.max(width, height));
  return [finest, finest / 2];
}

/** The scales of `'thorough'`, in pixels of a level per pixel of the photo, starting with the finest. */
export function thoroughScales({ width, height }: Photo, minSize: number): number[] {
  const longest = Math.max(width, height);
  const finest = Math.max(LEAST_SCALE, Math.min(LARGEST_SCALE, THOROUGH_SIDE / longest));
  const scales = [minSize > 0 ? Math.min(finest, FACE / minSize) : finest];
  while (scales[scales.length - 1] * longest > COARSEST) scales.push(scales[scales.length - 1] / 2);
  return scales;
}

/** Reports progress: each tile counts as one step, and the further runs on all detections as one more. */
function progressOf(options: DetectOptions, levels: readonly Level[]): () => void {
  const { onProgress } = bindRunOptions(options);
  const total = levels.reduce((sum, { photo }) => sum + tiles(photo).length, 1);
  let done = 0;
  return () => onProgress?.({ kind: 'transform', done: ++done, total });
}

function largestFirst<T extends Face>(faces: readonly T[]): T[] {
  const area = ({ box }: Face): number => box.width * box.height;
  return [...faces].sort((a, b) => area(b) - area(a));
}
