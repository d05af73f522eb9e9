import {
  checkFeatures,
  checkObject,
  checkOptions,
  describeValue,
  type FeatureMatrix,
  FerError,
  type FitResult,
  type RunOptions,
} from 'fer-core';
import { checkNamed } from '../arguments/names.js';
import { evaluateAnswers } from '../evaluation/evaluateClassifier.js';
import type { Evaluation } from '../metrics/evaluate.js';
import { checkPart, checkSplits, splitsOf } from './checkParts.js';
import { fitHead, type HeadAnswer } from './fitHead.js';
import type { ExperimentCell, ExperimentData, ExperimentHead, MeasuredSplit } from './types.js';

/** The data that one head of an experiment is fitted to and evaluated on. */
export interface MeasureHeadOptions extends Pick<RunOptions, 'signal'> {
  readonly seed: number;
  /** The backbone's features of each split in `data`. */
  readonly features: {
    readonly train: FeatureMatrix;
    readonly validation?: FeatureMatrix;
    readonly test: FeatureMatrix;
  };
  /** Only the labels are read. */
  readonly data: ExperimentData;
}

/** The results of a cell. The same head, seed, features and labels give the same results, except for the times. */
export interface HeadMeasurement extends Pick<ExperimentCell, 'evaluations' | 'predicted'> {
  readonly fit: FitResult;
  /** Wall-clock seconds of fitting and predicting. */
  readonly seconds: number;
}

/**
 * Computes one cell of an experiment: makes a head, fits it to the features of `train`, and evaluates it on the other
 * splits. `runExperiment` uses this function for its cells. A job system can use it to compute cells one by one, on any
 * machine.
 *
 * @throws FerError as the head's `fit` does; `INVALID_ARGUMENT` for an unknown option or split, `INVALID_DATA` for
 *   features and data that don't match.
 *
 * @example
 * ```ts
 * const candidate = { name: 'svm', make: () => linearL2SVM({ C: 1e-3 }) };
 * const { evaluations } = await measureHead(candidate, {
 *   seed: 1,
 *   features: { train: features, test: testFeatures },
 *   data: { train, test: publicTest },
 * });
 * console.log(evaluations.test.accuracy);
 * ```
 */
export async function measureHead(head: ExperimentHead, options: MeasureHeadOptions): Promise<HeadMeasurement> {
  checkOptions('measureHead', options, ['seed', 'features', 'data', 'signal']);
  checkNamed('the heads', [head], 'give { name, make }');
  checkPart('the head', head);
  const { seed, features, data, signal } = options ?? {};
  if (!Number.isSafeInteger(seed)) {
    throw new FerError('INVALID_ARGUMENT', `seed is ${describeValue(seed)}: give a whole number.`);
  }
  checkSplits(data);
  checkObject('features', features, 'give { train, test }');
  checkOptions('features', features, ['train', 'validation', 'test']);
  const { train, validation, test } = features;
  if (!validation !== !data.validation) {
    throw new FerError(
      'INVALID_ARGUMENT',
      'validation is only in features or only in data: give it in both or neither.',
    );
  }
  for (const [split, { n }] of splitsOf(data)) {
    const x = features[split as keyof typeof features] as FeatureMatrix;
    checkFeatures(x, train?.columns);
    if (x.rows === n) continue;
    throw new FerError(
      'INVALID_DATA',
      `${x.rows} rows of features for the ${n} images of ${split}: give one row each.`,
    );
  }
  const splits: { readonly [split: string]: FeatureMatrix } = validation
    ? { train, validation, test }
    : { train, test };
  const { labels, classes, soft } = data.train;
  return evaluateHeadAnswer(
    await fitHead(head, { seed, features: splits, labels: { labels, classes, soft } }, signal),
    data,
  );
}

/** Evaluates the answers of a fitted head. */
export function evaluateHeadAnswer({ fit, answers, seconds }: HeadAnswer, data: ExperimentData): HeadMeasurement {
  const evaluations: Partial<Record<MeasuredSplit, Evaluation>> = {};
  const predicted: Partial<Record<MeasuredSplit, number[]>> = {};
  for (const split of ['validation', 'test'] as const) {
    const dataset = data[split];
    if (!dataset) continue;
    predicted[split] = Array.from(answers[split].predicted);
    evaluations[split] = evaluateAnswers(answers[split], dataset);
  }
  return {
    fit,
    evaluations: evaluations as HeadMeasurement['evaluations'],
    predicted: predicted as HeadMeasurement['predicted'],
    seconds,
  };
}
