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
import { checkDetectRanges, type DetectOptions, type FaceDetector } from './detector.js';
import type { Face } from './face.js';
import type { Photo } from './photo.js';

/** Numbers by class name, in the order of the classifier's classes. */
export type ByClass = Readonly<Record<string, number>>;

/** A classifier's result for one face. */
export interface Reading {
  /** The name of the most probable class. */
  readonly expression: string;
  /** Probability of each class, summing to 1. Absent if the classifier has no `predictProba`. */
  readonly probabilities?: ByClass;
  /** Raw score (margin) of each class, if there are no probabilities. Scores only rank the classes of one face. */
  readonly scores?: ByClass;
}

/** A {@link Reading} by a classifier of type `C`: `probabilities` is non-optional if the type has `predictProba`. */
export type ReadingBy<C extends Classifier<Images>> = undefined extends C['predictProba']
  ? Reading
  : Reading & { readonly probabilities: ByClass };

/** A face with its expression. */
export interface FaceReading extends Face, Reading {}

/** Options of {@link readExpressions}. */
export interface ReadExpressionsOptions<C extends Classifier<Images> = Classifier<Images>>
  extends DetectOptions,
    CropOptions {
  /** Finds the faces. */
  readonly detector: FaceDetector;
  /** Classifies grey square images. If it has `predictProba`, the readings have probabilities. */
  readonly classifier: C;
}

/**
 * Finds the faces in a photo and reads their expressions.
 *
 * @returns One reading per face, the largest face first. The list is empty if there is no face.
 * @throws FerError `INVALID_DATA` for a photo that breaks its contract, `INVALID_ARGUMENT` for an option out of range;
 *   and whatever the classifier throws.
 *
 * @example
 * ```ts
 * const faces = await readExpressions(photo, { detector, classifier });
 * for (const { expression, probabilities } of faces) console.log(expression, probabilities);
 * ```
 */
export async function readExpressions<C extends Classifier<Images>>(
  photo: Photo,
  options: ReadExpressionsOptions<C>,
): Promise<(FaceReading & ReadingBy<C>)[]> {
  const names = ['detector', 'classifier', 'minScore', 'maxFaces', 'minSize', 'size', 'align', ...RUN_OPTIONS];
  checkOptions('readExpressions', options, names);
  const { detector, classifier, minScore, maxFaces, minSize, size, align } = options ?? {};
  checkDetectRanges({ minScore, maxFaces, minSize });
  checkMethods('detector', detector, ['detect'], 'give one such as await faceDetector() returns');
  checkMethods('classifier', classifier, ['decisionFunction'], 'give one such as loadPretrained() returns');
  const { onProgress, signal } = bindRunOptions(options);
  signal?.throwIfAborted();
  const faces = await detector.detect(photo, { minScore, maxFaces, minSize, onProgress, signal });
  const images = cropFaces(photo, faces, { size, align });
  if (faces.length === 0) return [];
  const readings = await readFaces(classifier, images, { signal });
  return faces.map((face, i) => ({ ...face, ...readings[i] })) as (FaceReading & ReadingBy<C>)[];
}

/**
 * Reads the expressions of cropped faces.
 *
 * @param images - As {@link cropFaces} returns them.
 * @returns One reading per image, in order.
 * @throws FerError `INVALID_ARGUMENT` if `classifier` is not a classifier; and whatever the classifier throws.
 *
 * @example
 * ```ts
 * const boxes = await detector.detect(photo);
 * const readings = await readFaces(classifier, cropFaces(photo, boxes));
 * readings.forEach(({ expression }, i) => console.log(boxes[i]?.box, expression));
 * ```
 */
export async function readFaces<C extends Classifier<Images>>(
  classifier: C,
  images: Images,
  options: RunOptions = {},
): Promise<ReadingBy<C>[]> {
  checkOptions('readFaces', options, RUN_OPTIONS);
  checkMethods('the classifier', classifier, ['decisionFunction'], 'give one such as loadPretrained() returns');
  checkImages(images);
  options.signal?.throwIfAborted();
  const { classes } = classifier;
  if (images.n === 0) return [];
  const calibrated = typeof classifier.predictProba === 'function';
  const rows = calibrated
    ? await classifier.predictProba!(images, options)
    : await classifier.decisionFunction(images, options);
  const readings = Array.from({ length: images.n }, (_, i): Reading => {
    const row = rowOf(rows, i);
    const expression = classes[row.indexOf(Math.max(...row))];
    const values = Object.fromEntries(classes.map((name, j) => [name, row[j]]));
    return calibrated ? { expression, probabilities: values } : { expression, scores: values };
  });
  return readings as ReadingBy<C>[];
}

function rowOf({ data, columns }: FeatureMatrix, i: number): number[] {
  return Array.from(data.subarray(i * columns, (i + 1) * columns));
}
