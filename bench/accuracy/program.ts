import { readFile } from 'node:fs/promises';
import { FER2013_CLASSES, type Images } from 'fer-core';

/** The output of a contestant. */
export interface Answer {
  /** Indices into FER2013_CLASSES. */
  readonly predicted: readonly number[];
  readonly imagesPerSecond: number;
}

const BATCH = 64;
const PIXELS = 48 * 48;

/** Classifies the faces of the file given as first argument, in batches. The first batch runs once before, untimed. */
export async function answer(predict: (faces: Images) => Promise<ArrayLike<number>>): Promise<void> {
  const bytes = new Uint8Array(await readFile(process.argv[2]));
  const n = bytes.length / PIXELS;
  const batch = (first: number): Images => {
    const count = Math.min(BATCH, n - first);
    const images = bytes.subarray(first * PIXELS, (first + count) * PIXELS);
    return { images, n: count, height: 48, width: 48, channels: 1 };
  };
  await predict(batch(0));
  const predicted: number[] = [];
  const start = performance.now();
  for (let first = 0; first < n; first += BATCH) predicted.push(...Array.from(await predict(batch(first))));
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ predicted, imagesPerSecond: n / seconds } satisfies Answer));
  process.exit(0);
}

/** Converts n × 7 scores, whose columns are a peer's classes, to the index of the best class under our names. */
export function bestOf(scores: ArrayLike<number>, order: readonly (typeof FER2013_CLASSES)[number][]): number[] {
  const labels = order.map((name) => FER2013_CLASSES.indexOf(name));
  return Array.from({ length: scores.length / order.length }, (_, row) => {
    const own = Array.from(order, (_, j) => scores[row * order.length + j]);
    return labels[own.indexOf(Math.max(...own))];
  });
}
