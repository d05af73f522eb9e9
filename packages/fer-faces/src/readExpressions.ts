import {
  bindRunOptions,
  type Classifier,
  checkImages,
  checkMethods,
  checkOptions,
  type FeatureMatrix,
  type Images,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { type CropOptions, cropFaces } from './cropFaces.js';
import type { DetectOptions, FaceDetector } from './detector.js';
import type { Face } from './face.js';
import type { Photo } from './photo.js';

/** Numbers by class name, in the order of the classifier's classes. */
export type ByClass = Readonly<Record<string, number>>;

/** What a classifier says of one face. */
export interface Reading {
  /** The name of the likeliest class. */
  readonly expression: string;
  /** Of each class, summing to 1. Absent where the classifier has no `predictProba`. */
  readonly probabilities?: ByClass;
  /** Raw scores (margins) of each class, where there are no probabilities: they compare classes, and no more. */
  readonly scores?: ByClass;
}

/** A face with its expression. */
export interface FaceReading extends Face, Reading {}

/** Options of {@link readExpressions}. */
export interface ReadExpressionsOptions extends DetectOptions, CropOptions {
  /** Finds the faces. */
  readonly detector: FaceDetector;
  /** Reads them, from grey square images; one with `predictProba` gives probabilities. */
  readonly classifier: Classifier<Images>;
}

/**
 * Finds the faces of a photo and reads their expressions.
 *
 * @returns One reading a face, the largest first; an empty list where there is no face.
 * @throws FerError `INVALID_DATA` for a photo that breaks its contract, `INVALID_ARGUMENT` for an option outside its
 *   range; and whatever the classifier throws.
 *
 * @example
 * ```ts
 * const faces = await readExpressions(photo, { detector, classifier });
 * for (const { expression, probabilities } of faces) console.log(expression, probabilities);
 * ```
 */
export async function readExpressions(photo: Photo, options: ReadExpressionsOptions): Promise<FaceReading[]> {
  const names = ['detector', 'classifier', 'minScore', 'maxFaces', 'minSize', 'size', 'align', ...RUN_OPTIONS];
  checkOptions('readExpressions', options, names);
  const { detector, classifier, minScore, maxFaces, minSize, size, align } = options ?? {};
  checkMethods('detector', detector, ['detect'], 'give one such as await faceDetector() returns');
  checkMethods('classifier', classifier, ['decisionFunction'], 'give one such as loadPretrained() returns');
  const { onProgress, signal } = bindRunOptions(options);
  signal?.throwIfAborted();
  const faces = await detector.detect(photo, { minScore, maxFaces, minSize, onProgress, signal });
  const images = cropFaces(photo, faces, { size, align });
  if (faces.length === 0) return [];
  const readings = await readFaces(classifier, images, { signal });
  return faces.map((face, i) => ({ ...face, ...readings[i] }));
}

/**
 * Reads faces that are cropped already.
 *
 * @param images - As {@link cropFaces} returns them.
 * @returns One reading an image, in their order.
 * @throws FerError `INVALID_ARGUMENT` for anything but a classifier; and whatever that throws.
 */
export async function readFaces(
  classifier: Classifier<Images>,
  images: Images,
  options: RunOptions = {},
): Promise<Reading[]> {
  checkOptions('readFaces', options, RUN_OPTIONS);
  checkMethods('the classifier', classifier, ['decisionFunction'], 'give one such as loadPretrained() returns');
  checkImages(images);
  options.signal?.throwIfAborted();
  const { classes } = classifier;
  if (images.n === 0) return [];
  const calibrated = classifier.predictProba !== undefined;
  const rows = calibrated
    ? await classifier.predictProba!(images, options)
    : await classifier.decisionFunction(images, options);
  return Array.from({ length: images.n }, (_, i) => {
    const row = rowOf(rows, i);
    const expression = classes[row.indexOf(Math.max(...row))];
    const values = Object.fromEntries(classes.map((name, j) => [name, row[j]]));
    return calibrated ? { expression, probabilities: values } : { expression, scores: values };
  });
}

function rowOf({ data, columns }: FeatureMatrix, i: number): number[] {
  return Array.from(data.subarray(i * columns, (i + 1) * columns));
}
