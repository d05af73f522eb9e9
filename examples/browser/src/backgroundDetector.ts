import type { Face, FaceDetector } from 'fer-faces';

/**
 * Makes a detector that doesn't let a video wait: it answers with the faces of the last search that has ended. Only the
 * first call waits. A search that fails makes the next call fail, and the one after it searches again.
 *
 * @param every - The least number of frames from the start of one search to the start of the next.
 */
export function inBackground(detector: FaceDetector, every: number): Pick<FaceDetector, 'detect' | 'dispose'> {
  let found: readonly Face[] | undefined;
  let failure: Error | undefined;
  let search: Promise<void> | undefined;
  let frames = every;
  return {
    async detect(photo, options) {
      frames++;
      if (!search && frames >= every) {
        frames = 0;
        search = detector.detect(photo, options).then(
          (faces) => {
            found = faces;
            search = undefined;
          },
          (error: Error) => {
            failure = error;
            search = undefined;
          },
        );
      }
      if (!found) await search;
      if (failure) {
        const error = failure;
        failure = undefined;
        throw error;
      }
      return [...(found ?? [])];
    },
    dispose: () => detector.dispose(),
  };
}
