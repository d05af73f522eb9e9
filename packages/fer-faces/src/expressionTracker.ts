import {
  type Classifier,
  checkBoolean,
  checkMethods,
  checkOptions,
  describeValue,
  FerError,
  type Images,
} from 'fer-core';
import { cropFaces } from './cropFaces.js';
import { checkDetectRanges, type DetectOptions, type FaceDetector } from './detector.js';
import type { Face } from './face.js';
import { checkPhoto, type Photo } from './photo.js';
import { type FaceReading, type Reading, type ReadingBy, readFaces } from './readExpressions.js';
import { smooth } from './smooth.js';
import { matchFaces } from './suppress.js';

/** Options of {@link expressionTracker}. */
export interface ExpressionTrackerOptions<C extends Classifier<Images> = Classifier<Images>>
  extends Pick<DetectOptions, 'minScore' | 'maxFaces' | 'minSize'> {
  /** Finds the faces; `faceDetector({ mode: 'fast' })` keeps up with a camera. The caller must dispose it. */
  readonly detector: FaceDetector;
  /** Reads the expressions. The caller must dispose it. */
  readonly classifier: C;
  /**
   * Detects faces in every n-th frame, from 1. In between, expressions are read at the last positions.
   *
   * @default 3
   */
  readonly detectEvery?: number | undefined;
  /**
   * Whether a frame in which faces are detected reads only the new ones, so that no frame takes the time of detecting
   * and reading. For a camera whose frames would otherwise be missed. The other faces keep their reading for this
   * frame. Has no effect if `detectEvery` is 1.
   *
   * @default false
   */
  readonly alternate?: boolean | undefined;
  /**
   * Time constant of the smoothing in seconds: after a change, the shown reading has moved 63 % of the way within this
   * time. 0 shows each reading as it is.
   *
   * @default 0.3
   */
  readonly timeConstant?: number | undefined;
  /**
   * Seconds after which a face that is no longer found is dropped. If it appears again later, it gets a new id.
   * @default 1
   */
  readonly forgetAfter?: number | undefined;
}

/** A face that is followed from frame to frame. */
export interface TrackedFace extends FaceReading {
  /** Identifies the same face in every frame; counts from 1. */
  readonly id: number;
  /** Seconds since the face was first seen. */
  readonly age: number;
}

/** Time of a frame, and cancellation. */
export interface FrameOptions {
  /** Time of the frame in seconds, from any origin; never decreasing. @default the clock's time */
  readonly time?: number | undefined;
  /** Aborts the call, which then rejects with the signal's `reason`. The frame counts as not seen. */
  readonly signal?: AbortSignal | undefined;
}

/** Follows faces and their expressions through the frames of a video, as read by a classifier of type `C`. */
export interface ExpressionTracker<C extends Classifier<Images> = Classifier<Images>> {
  /**
   * Processes the next frame. Overlapping calls run one after another.
   *
   * @returns The faces in the frame, the largest first, with readings averaged over time.
   * @throws FerError `INVALID_ARGUMENT` for a time before the last frame's; and whatever the detector and the
   *   classifier throw.
   */
  update(frame: Photo, options?: FrameOptions): Promise<(TrackedFace & ReadingBy<C>)[]>;
  /** Drops all faces. Ids continue counting. */
  reset(): void;
}

/** The names of {@link ExpressionTrackerOptions}. */
const TRACKER_OPTIONS = [
  'detector',
  'classifier',
  'detectEvery',
  'alternate',
  'timeConstant',
  'forgetAfter',
  'minScore',
  'maxFaces',
  'minSize',
];

/** The state of a tracked face. */
interface Track {
  readonly id: number;
  readonly born: number;
  readonly face: Face;
  readonly reading?: Reading;
  /** Time when it was last found. */
  readonly found: number;
  /** Time when it was last read. */
  readonly read: number;
}

/**
 * Tracks faces and their expressions through a camera's frames in a page, or through any sequence of frames in Node. A
 * face keeps its id as long as its boxes overlap from one detection to the next.
 *
 * @throws FerError `INVALID_ARGUMENT` for an option out of range.
 *
 * @example
 * ```ts
 * const tracker = expressionTracker({ detector, classifier });
 * for (const { id, expression } of await tracker.update(await browserPhoto(video))) console.log(id, expression);
 * ```
 */
export function expressionTracker<C extends Classifier<Images>>(
  options: ExpressionTrackerOptions<C>,
): ExpressionTracker<C> {
  checkOptions('expressionTracker', options, TRACKER_OPTIONS);
  const { detector, classifier, detectEvery = 3, timeConstant = 0.3, forgetAfter = 1 } = options ?? {};
  const { alternate = false } = options ?? {};
  checkMethods('detector', detector, ['detect'], 'give one such as await faceDetector() returns');
  checkMethods('classifier', classifier, ['decisionFunction'], 'give one such as loadPretrained() returns');
  checkBoolean('alternate', alternate);
  const { minScore, maxFaces, minSize } = options;
  checkDetectRanges({ minScore, maxFaces, minSize });
  if (!Number.isInteger(detectEvery) || detectEvery < 1) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `detectEvery is ${describeValue(detectEvery)}: it must be a whole number from 1.`,
    );
  }
  for (const [name, seconds] of Object.entries({ timeConstant, forgetAfter })) {
    if (!(Number.isFinite(seconds) && seconds >= 0)) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `${name} is ${describeValue(seconds)}: it must be a number of seconds from 0.`,
      );
    }
  }
  let tracks: readonly Track[] = [];
  let nextId = 1;
  /** The last detection: its time, and the number of frames since then. */
  let detection: { readonly time: number; readonly frames: number } | undefined;
  let last: { readonly time: number; readonly width: number; readonly height: number } | undefined;
  let epoch = 0;
  let queue: Promise<unknown> = Promise.resolve();

  async function detect(frame: Photo, time: number, signal?: AbortSignal): Promise<Track[]> {
    const faces = await detector.detect(frame, { minScore, maxFaces, minSize, signal });
    const known = tracks.filter(({ found }) => time - found <= forgetAfter).map((track) => inPixelsOf(frame, track));
    const matches = matchFaces(
      known.map(({ face }) => face.box),
      faces.map(({ box }) => box),
    );
    let id = nextId;
    const seen = faces.map((face, i): Track => {
      const track = matches[i] === undefined ? undefined : known[matches[i]];
      return track ? { ...track, face, found: time } : { id: id++, born: time, face, found: time, read: time };
    });
    const missed = known.filter((_, i) => !matches.includes(i));
    return [...seen, ...missed];
  }

  /** Converts a track's box from the last frame's pixels to those of a frame of another size. */
  function inPixelsOf({ width, height }: Photo, track: Track): Track {
    if (!last || (last.width === width && last.height === height)) return track;
    const [across, down] = [width / last.width, height / last.height];
    const { box } = track.face;
    const scaled = { x: across * box.x, y: down * box.y, width: across * box.width, height: down * box.height };
    return { ...track, face: { box: scaled, score: track.face.score, roll: track.face.roll } };
  }

  async function next(frame: Photo, time: number, signal?: AbortSignal): Promise<(TrackedFace & ReadingBy<C>)[]> {
    signal?.throwIfAborted();
    if (!Number.isFinite(time) || (last && time < last.time)) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `time is ${describeValue(time)}: give seconds that don't go back from frame to frame.`,
      );
    }
    const started = epoch;
    const resized = last && (last.width !== frame.width || last.height !== frame.height);
    const isDue = !detection || detection.frames + 1 >= detectEvery || resized;
    const current = isDue ? await detect(frame, time, signal) : tracks;
    const detected = isDue ? { time, frames: 0 } : { time: detection!.time, frames: detection!.frames + 1 };
    const inFrame = current.filter(({ found }) => found === detected.time);
    const due = alternate && isDue && detectEvery > 1 ? inFrame.filter(({ reading }) => !reading) : inFrame;
    const faces = due.map(({ face }) => face);
    const readings: Reading[] = await readFaces(classifier, cropFaces(frame, faces), { signal });
    // If the tracker was reset in the meantime, this result is outdated.
    if (started !== epoch) return [];
    const read = inFrame.map((track): Track => {
      const reading = readings[due.indexOf(track)];
      if (!reading) return track;
      const share = timeConstant === 0 ? 1 : 1 - Math.exp(-(time - track.read) / timeConstant);
      return { ...track, reading: track.reading ? smooth(track.reading, reading, share) : reading, read: time };
    });
    tracks = [...read, ...current.filter((track) => !inFrame.includes(track))];
    nextId = Math.max(nextId, ...tracks.map(({ id }) => id + 1));
    detection = detected;
    last = { time, width: frame.width, height: frame.height };
    const shown = read.map(
      ({ id, born, face, reading }): TrackedFace => ({ ...face, ...reading!, id, age: time - born }),
    );
    return shown as (TrackedFace & ReadingBy<C>)[];
  }

  return {
    async update(frame, options = {}) {
      checkOptions('update', options, ['time', 'signal']);
      checkPhoto(frame);
      const { time = performance.now() / 1000, signal } = options;
      const result = queue.then(() => next(frame, time, signal));
      queue = result.catch(() => {});
      return result;
    },
    reset() {
      epoch++;
      tracks = [];
      detection = undefined;
      last = undefined;
    },
  };
}
