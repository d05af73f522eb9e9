import type { Classifier, Images } from 'fer-core';
import { browserPhoto, type ExpressionTracker, expressionTracker, type FaceDetector } from 'fer-faces';
import { inBackground } from './backgroundDetector.js';
import type { Sight } from './sight.js';

/** Options for watching a video. */
export interface WatchOptions {
  readonly detector: FaceDetector;
  /** Called before every frame, because the classifier may change at any time. */
  readonly classifier: () => Classifier<Images>;
  readonly signal: AbortSignal;
}

/** Faces are searched in every n-th frame. */
const DETECT_EVERY = 5;

/** Processes a running video frame by frame, as fast as possible, until stopped. */
export async function watch(
  video: HTMLVideoElement,
  { detector, classifier, signal }: WatchOptions,
  onSight: (sight: Sight) => Promise<void>,
): Promise<void> {
  const picture = document.createElement('canvas');
  // Its pixels are read in every frame, which takes longer from a GPU's memory.
  const context = picture.getContext('2d', { willReadFrequently: true })!;
  let tracker: ExpressionTracker | undefined;
  let tracked: Classifier<Images> | undefined;
  while (!signal.aborted) {
    // Requested before the work, so that a frame that arrives meanwhile is used without waiting.
    const next = nextFrame(video);
    const { videoWidth: width, videoHeight: height } = video;
    if (picture.width !== width || picture.height !== height) Object.assign(picture, { width, height });
    context.drawImage(video, 0, 0);
    const photo = await browserPhoto(context.getImageData(0, 0, width, height));
    const chosen = classifier();
    if (!tracker || chosen !== tracked) {
      // A search may take longer than a camera's frame lasts.
      const searching = inBackground(detector, DETECT_EVERY);
      tracker = expressionTracker({ detector: searching, classifier: chosen, detectEvery: 1 });
    }
    tracked = chosen;
    const faces = await tracker.update(photo);
    if (!signal.aborted) await onSight({ photo, picture, faces, live: true });
    await next;
  }
}

/** A stopped camera has no next frame, and a hidden page may have none for a long time, so a timer runs too. */
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
