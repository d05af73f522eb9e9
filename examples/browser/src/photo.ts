import type { FerError } from 'fer-core';
import { browserPhoto, type Face, type FaceDetector, type Photo } from 'fer-faces';
import type { SeenFace } from './sight.js';

/** Longest side of a photo, in pixels. A face that fills 3 % of it then has 48. */
const LONGEST = 1600;

/** A photo and the faces found in it. */
export interface FoundFaces {
  readonly name: string;
  readonly photo: Photo;
  readonly picture: HTMLCanvasElement;
  readonly faces: readonly (Face & Pick<SeenFace, 'id'>)[];
}

/** A photo, turned upright, and shrunk if it is large. */
export type ReadPhoto = Omit<FoundFaces, 'faces'>;

/**
 * Reads a picture.
 *
 * @throws Error whose message says what to do.
 */
export async function readPhoto(source: File | HTMLCanvasElement, name: string): Promise<ReadPhoto> {
  try {
    const photo = await browserPhoto(source, { maxSide: LONGEST });
    return { name, photo, picture: draw(photo) };
  } catch (cause) {
    if ((cause as FerError).code !== 'INVALID_DATA') throw cause;
    throw new Error(`${name} is not a picture that this browser can read: choose a JPEG, PNG or WebP.`, { cause });
  }
}

/** Finds the faces in a photo, and reports progress from 0 to 1. */
export async function findFaces(
  read: ReadPhoto,
  detector: FaceDetector,
  onProgress: (share: number) => void,
): Promise<FoundFaces> {
  const faces = await detector.detect(read.photo, {
    onProgress: (progress) => {
      if (progress.kind === 'transform') onProgress(progress.done / progress.total);
    },
  });
  return { ...read, faces: faces.map((face, i) => ({ ...face, id: i + 1 })) };
}

function draw({ pixels, width, height }: Photo): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const image = new ImageData(width, height);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    image.data[to] = pixels[from];
    image.data[to + 1] = pixels[from + 1];
    image.data[to + 2] = pixels[from + 2];
    image.data[to + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}
