import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import { io } from '@tensorflow/tfjs-core';
import { TinyFaceDetector } from '@vladmandic/face-api/dist/face-api.esm-nobundle.js';
import weightsUrl from '@vladmandic/face-api/model/tiny_face_detector_model.bin?url';
import manifest from '@vladmandic/face-api/model/tiny_face_detector_model-weights_manifest.json';

/** A rectangle of a picture, in its pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Finds the largest face of a picture. */
export type Detector = (picture: HTMLCanvasElement) => Promise<Box | undefined>;

/** Below this the detector sees faces in curtains. */
const LEAST_SCORE = 0.4;

/** face-api's tiny detector, with the weights that its package holds, on whichever tfjs backend is set. */
export async function loadDetector(): Promise<Detector> {
  const response = await fetch(weightsUrl);
  if (!response.ok) throw new Error(`The face detector could not be loaded: the server answered ${response.status}.`);
  const net = new TinyFaceDetector();
  net.loadFromWeightMap(io.decodeWeights(await response.arrayBuffer(), manifest[0].weights));
  return async (picture) => {
    // A multiple of 32: the larger, the smaller the faces found. Before a camera they are large.
    const inputSize = Math.max(picture.width, picture.height) > 640 ? 416 : 192;
    const faces = await net.locateFaces(picture, { inputSize, scoreThreshold: LEAST_SCORE });
    const area = ({ width, height }: Box): number => width * height;
    return faces.map(({ box }) => box).reduce<Box | undefined>((a, b) => (a && area(a) > area(b) ? a : b), undefined);
  };
}
