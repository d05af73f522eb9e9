import type { Images } from 'fer-core';
import type { Box, Detector } from './detector.js';
import { cutFace, faceSquare } from './face.js';
import { timed } from './timed.js';

/** What was seen at one moment. */
export interface Sight {
  readonly picture: HTMLCanvasElement;
  /** The largest face: where it is, and what a classifier gets to see of it. */
  readonly face?: { readonly square: Box; readonly image: Images };
  /** Whether more will follow. */
  readonly live: boolean;
}

/** Milliseconds between two looks for the face; in between it is taken to be where it was. */
const DETECT_EVERY = 250;

/** How much of a box's move is followed at once: the rest is jitter. */
const FOLLOW = 0.6;

/** Looks once at a photo. */
export async function lookAt(picture: HTMLCanvasElement, detect: Detector): Promise<Sight> {
  const box = await detect(picture);
  return { picture, live: false, ...(box && { face: await faceAt(picture, faceSquare(box)) }) };
}

/** Looks at a running video, frame after frame, as fast as they are dealt with, until told to stop. */
export async function watch(
  video: HTMLVideoElement,
  detect: Detector,
  onSight: (sight: Sight) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const picture = document.createElement('canvas');
  picture.width = video.videoWidth;
  picture.height = video.videoHeight;
  const context = picture.getContext('2d', { willReadFrequently: true })!;
  let square: Box | undefined;
  let due = 0;
  while (!signal.aborted) {
    // Asked for before the work: a frame that comes meanwhile is then waited for no more.
    const next = nextFrame(video);
    context.drawImage(video, 0, 0);
    if (performance.now() >= due) {
      const box = await timed('detect', () => detect(picture));
      square = box && follow(square, faceSquare(box));
      due = performance.now() + DETECT_EVERY;
    }
    const face = square && (await faceAt(picture, square));
    if (!signal.aborted) await onSight({ picture, face, live: true });
    await next;
  }
}

async function faceAt(picture: HTMLCanvasElement, square: Box): Promise<{ square: Box; image: Images }> {
  return { square, image: await cutFace(picture, square) };
}

function follow(from: Box | undefined, to: Box): Box {
  if (!from) return to;
  const mix = (a: number, b: number): number => a + FOLLOW * (b - a);
  const width = mix(from.width, to.width);
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), width, height: width };
}

/** A stopped camera has no next frame, and a hidden page may have none for long: a timer goes on then. */
function nextFrame(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 200);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(done);
    else requestAnimationFrame(done);
  });
}
