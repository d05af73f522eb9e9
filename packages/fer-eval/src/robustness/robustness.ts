import {
  breathe,
  type Classifier,
  checkArray,
  checkDataset,
  checkImages,
  checkMethods,
  checkOptions,
  checkString,
  type Dataset,
  describeValue,
  FerError,
  type Images,
  Random,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { checkNamed } from '../arguments/names.js';
import { checkFinite } from '../arguments/numbers.js';
import { checkSameClasses } from '../evaluation/evaluateClassifier.js';
import { checkIndices } from '../metrics/predictions.js';
import { type Interval, wilsonInterval } from '../statistics/wilson.js';
import type { Corruption } from './corruption.js';
import { CORRUPTIONS } from './corruptions.js';

/** How many images are corrupted and classified at a time. */
const BATCH = 256;

/** Options of {@link robustness}. */
export interface RobustnessOptions extends RunOptions {
  /**
   * Corruptions with different names. @default CORRUPTIONS: blur, noise, JPEG, low light, rotation, shift, occlusion
   */
  readonly corruptions?: readonly Corruption[] | undefined;
  /** The strengths to test, from 1 to the number of levels of each corruption. @default [1, 2, 3, 4, 5] */
  readonly strengths?: readonly number[] | undefined;
  /** Seed of the corruptions. @default 0 */
  readonly seed?: number | string | undefined;
}

/** An accuracy with its interval. */
export interface MeasuredAccuracy {
  readonly correct: number;
  /** 0..1. */
  readonly accuracy: number;
  /** 95 % Wilson interval. */
  readonly interval: Interval;
}

/** The accuracy at one strength of a corruption. */
export interface StrengthResult extends MeasuredAccuracy {
  readonly strength: number;
  /** The level at this strength: see {@link Corruption}. */
  readonly level: number;
}

/** The accuracy under one corruption. */
export interface CorruptionResult {
  readonly name: string;
  readonly parameter: string;
  readonly strengths: readonly StrengthResult[];
  /** Mean over the strengths. */
  readonly meanAccuracy: number;
}

/** Robustness: accuracy under corrupted images, as plain JSON. */
export interface Robustness {
  /** Number of images. Each is corrupted in every way. */
  readonly n: number;
  readonly seed: number | string;
  /** Accuracy on the original images. */
  readonly clean: MeasuredAccuracy;
  readonly corruptions: readonly CorruptionResult[];
  /** Mean over the corruptions of their mean accuracies, 0..1. */
  readonly meanCorruptionAccuracy: number;
}

/**
 * Measures robustness: a classifier's accuracy under every corruption at every strength. The random choices for an
 * image (direction of a rotation, position of a square, noise) are the same at every strength, so that only the level
 * differs. `onProgress` gets `transform` events that count the clean images and every corrupted copy.
 *
 * @param classifier - Any classifier of images. Its classes must be those of the data, in the same order.
 * @throws FerError `INVALID_DATA` if the data break their contract, are empty, or have other classes, or if a corruption
 *   or the classifier doesn't answer for every image; `INVALID_ARGUMENT` for a strength that a corruption has no level
 *   for, or corruptions without names or with the same name.
 *
 * @example
 * ```ts
 * const { clean, meanCorruptionAccuracy } = await robustness(classifier, publicTest, { seed: 1 });
 * ```
 */
export async function robustness(
  classifier: Pick<Classifier<Images>, 'classes' | 'predict'>,
  dataset: Dataset,
  options: RobustnessOptions = {},
): Promise<Robustness> {
  checkOptions('robustness', options, ['corruptions', 'strengths', 'seed', ...RUN_OPTIONS]);
  const { corruptions = CORRUPTIONS, strengths = [1, 2, 3, 4, 5], seed = 0, signal } = options;
  checkInput(classifier, dataset, corruptions, strengths);
  const random = new Random(seed).split('robustness');
  const total = (1 + corruptions.length * strengths.length) * dataset.n;
  let done = 0;
  const measure = async (corrupt: (images: Images, first: number) => Images): Promise<MeasuredAccuracy> => {
    let correct = 0;
    for (let first = 0; first < dataset.n; first += BATCH) {
      await breathe(signal);
      const clean = batch(dataset, first);
      const images = corrupt(clean, first);
      checkImages(images);
      if (images.n !== clean.n) {
        throw new FerError('INVALID_DATA', `a corruption made ${images.n} images of ${clean.n}: return one for each.`);
      }
      const predicted = await classifier.predict(images, { signal });
      checkIndices(predicted, dataset.classes.length, 'predicted');
      if (predicted.length !== clean.n) {
        throw new FerError(
          'INVALID_DATA',
          `the classifier gave ${predicted.length} labels for ${clean.n} images: its predict must return one per image.`,
        );
      }
      for (let i = 0; i < predicted.length; i++) if (predicted[i] === dataset.labels[first + i]) correct++;
      done += predicted.length;
      options.onProgress?.({ kind: 'transform', done, total });
    }
    return { correct, accuracy: correct / dataset.n, interval: wilsonInterval(correct, dataset.n) };
  };

  const clean = await measure((images) => images);
  const results: CorruptionResult[] = [];
  for (const corruption of corruptions) {
    const { name, parameter, levels } = corruption;
    const measured: StrengthResult[] = [];
    for (const strength of strengths) {
      const level = levels[strength - 1];
      const accuracy = await measure((images, first) => corruption.apply(images, level, random.split(name, first)));
      measured.push({ strength, level, ...accuracy });
    }
    results.push({ name, parameter, strengths: measured, meanAccuracy: mean(measured.map((m) => m.accuracy)) });
  }
  return {
    n: dataset.n,
    seed,
    clean,
    corruptions: results,
    meanCorruptionAccuracy: mean(results.map((result) => result.meanAccuracy)),
  };
}

function batch({ images, n, height, width, channels }: Dataset, first: number): Images {
  const size = height * width * channels;
  const count = Math.min(BATCH, n - first);
  return { images: images.subarray(first * size, (first + count) * size), n: count, height, width, channels };
}

function checkInput(
  classifier: Pick<Classifier<Images>, 'classes' | 'predict'>,
  dataset: Dataset,
  corruptions: readonly Corruption[],
  strengths: readonly number[],
): void {
  checkMethods('the classifier', classifier, ['predict'], 'give a classifier of images');
  checkDataset(dataset);
  checkNamed('the corruptions', corruptions, 'give a list such as CORRUPTIONS');
  for (const corruption of corruptions) {
    const { name, parameter, levels } = corruption;
    checkMethods(`the corruption ${name}`, corruption, ['apply'], 'give { name, parameter, levels, apply }');
    checkString(`the parameter of ${name}`, parameter);
    checkArray(`the levels of ${name}`, levels);
    for (const [i, level] of levels.entries()) checkFinite(`level ${i + 1} of ${name}`, level);
  }
  checkArray('the strengths', strengths);
  if (dataset.n === 0) throw new FerError('INVALID_DATA', 'no images: there is nothing to corrupt.');
  checkSameClasses(classifier.classes, dataset);
  const names = corruptions.map(({ name }) => name);
  if (names.length === 0 || new Set(names).size !== names.length) {
    throw new FerError('INVALID_ARGUMENT', `corruptions [${names.join(', ')}]: give one or more of different names.`);
  }
  if (strengths.length === 0) throw new FerError('INVALID_ARGUMENT', 'no strengths: give one or more.');
  for (const { name, levels } of corruptions) {
    const at = strengths.findIndex((strength) => !(Number.isInteger(strength) && levels[strength - 1] !== undefined));
    if (at < 0) continue;
    throw new FerError(
      'INVALID_ARGUMENT',
      `strength ${describeValue(strengths[at])} of ${name}: it has the strengths 1..${levels.length}.`,
    );
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
