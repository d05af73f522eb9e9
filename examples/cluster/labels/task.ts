import { FerError, type Images, isFerError, sha256 } from 'fer-core';
import { concatImages } from 'fer-data';
import { loadImage } from 'fer-data/node';
import { cropFaces, type Face, type FaceDetector, faceDetector, readFaces } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { useWasm } from 'fer-wasm';
import { readByDigest } from '../inputs/datasetFile.js';
import { loadModel } from '../inputs/model.js';
import type { Task } from '../jobs/task.js';
import { openPictures } from '../stores/pictures.js';
import { csvHeader, csvLine } from './csv.js';
import type { LabelsInput, ListedPicture, Reading } from './plan.js';

/** A picture whose faces have been found but not yet classified. */
interface Seen {
  readonly file: string;
  /** Undefined if there are no faces. */
  readonly images?: Images;
  /** Boxes of the images in the picture, unless each is the whole picture. */
  readonly faces?: readonly Face[];
  readonly error?: string;
}

/** Reused from part to part. */
let detector: Promise<FaceDetector> | undefined;

/**
 * Labels a part of the pictures: a csv with one line per face. A picture without a face gets a line too, as does one
 * that can't be decoded, with the reason, so that one bad file among millions doesn't block the others.
 */
export const labelPart: Task = async ({ input, output }, { store, threads }) => {
  const { model, reading, pictures: location, list } = input as unknown as LabelsInput;
  await useWasm({ threads });
  const classifier = await loadModel(store, model);
  const pictures = await openPictures(location);
  const listed = JSON.parse(new TextDecoder().decode(await readByDigest(store, list))) as ListedPicture[];
  const seen: Seen[] = [];
  for (const { file, sha256: expected } of listed) {
    const bytes = await pictures.read(file);
    if ((await sha256(bytes)) !== expected) {
      throw new FerError('INVALID_DATA', 'it has changed since the job was enqueued: enqueue it again.', {
        file: `${location}/${file}`,
      });
    }
    seen.push(await look(file, bytes, reading));
  }
  // All faces of the part in one batch, which is faster than many small ones.
  const images = seen.flatMap(({ images }) => images ?? []);
  const readings = images.length > 0 ? await readFaces(classifier, concatImages(...images)) : [];
  const { classes } = classifier;
  const lines = [csvHeader(classes)];
  let next = 0;
  for (const { file, images, faces, error } of seen) {
    const n = images?.n ?? 0;
    if (n === 0) lines.push(csvLine({ file, face: error === undefined ? 0 : undefined, error }, classes));
    for (let i = 0; i < n; i++) {
      const { expression, probabilities, scores } = readings[next++];
      const values = Object.values(probabilities ?? scores!);
      const face = faces?.[i];
      lines.push(csvLine({ file, face: i + 1, ...face?.box, score: face?.score, expression, values }, classes));
    }
  }
  await store.folder(output.folder).write(output.name, new TextEncoder().encode(lines.join('')));
};

/** Finds the images to classify in a picture. */
async function look(file: string, bytes: Uint8Array, reading: Reading): Promise<Seen> {
  try {
    if (reading === 'whole') return { file, images: await loadImage(bytes) };
    detector ??= faceDetector();
    const photo = await loadPhoto(bytes);
    const faces = await (await detector).detect(photo);
    return faces.length > 0 ? { file, faces, images: cropFaces(photo, faces) } : { file };
  } catch (error) {
    if (isFerError(error, 'INVALID_DATA')) return { file, error: error.message };
    throw error;
  }
}
