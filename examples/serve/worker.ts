/** Processes photos in a thread of their own, so that the server's event loop stays responsive. */
import { parentPort, workerData } from 'node:worker_threads';
import { backbones } from 'fer-backbones';
import { isFerError, loadClassifier } from 'fer-core';
import { concatImages } from 'fer-data';
import { cropFaces, type Face, faceDetector, type Photo, type Reading, readFaces } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { heads } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { modelFolder } from '../shared/modelFolder.js';
import type { Answer, Request, WorkerOptions } from './protocol.js';

const { model, mode, maxBatch, maxPixels } = workerData as WorkerOptions;
const port = parentPort!;
const say = (answer: Answer): void => port.postMessage(answer);

await useWasm();
const classifier = await loadClassifier(await modelFolder(model), { backbones, heads });
const detector = await faceDetector({ mode });

interface Upload {
  readonly id: number;
  readonly bytes: Uint8Array;
}

interface Seen {
  readonly id: number;
  readonly photo: Photo;
  readonly faces: readonly Face[];
}

/** Uploads that arrived while a batch was being processed; they form the next batch. */
const waiting: Upload[] = [];
let isReading = false;

port.on('message', async (request: Request) => {
  if (request.kind === 'cancel') {
    const i = waiting.findIndex(({ id }) => id === request.id);
    if (i >= 0) waiting.splice(i, 1);
    return;
  }
  waiting.push(request);
  if (isReading) return;
  isReading = true;
  while (waiting.length > 0) await readBatch(waiting.splice(0, maxBatch));
  isReading = false;
});
say({ kind: 'ready' });

/** Detects the faces in each photo, then classifies all of them at once: one batch is faster than many single faces. */
async function readBatch(uploads: readonly Upload[]): Promise<void> {
  say({ kind: 'batch', photos: uploads.length });
  const seen: Seen[] = [];
  for (const { id, bytes } of uploads) {
    try {
      const photo = await loadPhoto(bytes, { maxPixels });
      seen.push({ id, photo, faces: await detector.detect(photo) });
    } catch (error) {
      sayError(id, error);
    }
  }
  try {
    const crops = seen.map(({ photo, faces }) => cropFaces(photo, faces));
    const readings: Reading[] = crops.length > 0 ? await readFaces(classifier, concatImages(...crops)) : [];
    let at = 0;
    for (const { id, photo, faces } of seen) {
      const own = readings.slice(at, at + faces.length);
      at += faces.length;
      const reading = {
        width: photo.width,
        height: photo.height,
        faces: faces.map((face, i) => ({ ...face, ...own[i] })),
      };
      say({ kind: 'reading', id, reading });
    }
  } catch (error) {
    for (const { id } of seen) sayError(id, error);
  }
}

function sayError(id: number, error: unknown): void {
  const { message } = error as Error;
  say({ kind: 'error', id, message, code: isFerError(error) ? error.code : undefined });
}
