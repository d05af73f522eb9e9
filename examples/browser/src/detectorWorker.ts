/** The script of the worker that finds faces in the camera's frames; see {@link cameraDetector}. */
import { type DetectOptions, type Face, faceDetector, type Photo } from 'fer-faces';
import { useWasm } from 'fer-wasm';

/** A frame to search. */
export interface DetectRequest {
  readonly id: number;
  readonly photo: Photo;
  readonly options: Pick<DetectOptions, 'minScore' | 'maxFaces' | 'minSize'>;
}

/** The answer to a request: the faces, or why there are none. */
export interface DetectResponse {
  readonly id: number;
  readonly faces?: readonly Face[];
  readonly error?: string;
}

/** The first message, once the detector is loaded. */
export const READY = 'ready';

await useWasm({ threads: 1 });
const detector = await faceDetector({ mode: 'fast' });

addEventListener('message', async ({ data }: MessageEvent<DetectRequest>) => {
  const { id, photo, options } = data;
  const response = await detector.detect(photo, options).then(
    (faces): DetectResponse => ({ id, faces }),
    ({ message }: Error): DetectResponse => ({ id, error: message }),
  );
  postMessage(response);
});
postMessage(READY);
