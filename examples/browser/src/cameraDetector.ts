import { type Face, type FaceDetector, faceDetector } from 'fer-faces';
import type { DetectRequest, DetectResponse } from './detectorWorker.js';

/** Calls of {@link FaceDetector.detect} that wait for the worker, by the id of the request. */
type Waiting = Map<number, { resolve(faces: Face[]): void; reject(error: Error): void }>;

/**
 * Makes the detector for the camera's frames. It runs in a worker, so that the page draws and reads other frames in the
 * meantime; where no worker can be started, it runs in the page.
 */
export async function cameraDetector(): Promise<FaceDetector> {
  const worker = await startWorker();
  return worker ? remoteDetector(worker) : faceDetector({ mode: 'fast' });
}

/** Resolves once the worker's detector is loaded, or with `undefined` if that fails. */
function startWorker(): Promise<Worker | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./detectorWorker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', () => resolve(worker), { once: true });
    const stop = (): void => {
      worker.terminate();
      resolve(undefined);
    };
    worker.addEventListener('error', stop, { once: true });
  });
}

function remoteDetector(worker: Worker): FaceDetector {
  const waiting: Waiting = new Map();
  let last = 0;
  let failure: Error | undefined;
  worker.addEventListener('error', ({ message }) => {
    failure = new Error(`The detector's worker stopped: ${message || 'reload the page.'}`);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  });
  worker.addEventListener('message', ({ data: { id, faces, error } }: MessageEvent<DetectResponse>) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (faces) call?.resolve([...faces]);
    else call?.reject(new Error(error));
  });
  return {
    async detect(photo, { minScore, maxFaces, minSize, signal } = {}) {
      signal?.throwIfAborted();
      if (failure) throw failure;
      const request: DetectRequest = { id: ++last, photo, options: { minScore, maxFaces, minSize } };
      const faces = await new Promise<Face[]>((resolve, reject) => {
        waiting.set(request.id, { resolve, reject });
        worker.postMessage(request);
      });
      signal?.throwIfAborted();
      return faces;
    },
    dispose: () => worker.terminate(),
  };
}
