import {
  checkFeatures,
  checkLabels,
  describeValue,
  type FeatureMatrix,
  FerError,
  type Labels,
  sameClasses,
} from 'fer-core';
import { checkSeed, type Fold, type Folds, resolveFolds } from './folds.js';
import { type Scores, type Scoring, summarise } from './scoring.js';

/** Labelled features. */
export interface LabelledRows {
  readonly x: FeatureMatrix;
  readonly y: Labels;
}

/** The rows that candidates are scored on: exactly one of `folds` and `validation` must be given. */
export interface MeasureOptions {
  /**
   * Cross-validation: the number of folds, which `seed` draws with the same class proportions in each, or the rows
   * (from 0) that each fold holds out. The rows of one fold are copied at a time.
   */
  readonly folds?: Folds | undefined;
  /** Labelled features that are not part of the training rows. */
  readonly validation?: LabelledRows | undefined;
  /**
   * Seed for drawing the folds if `folds` is a number.
   *
   * @default 0
   */
  readonly seed?: number | string | undefined;
  /**
   * The score that is computed on held-out rows.
   *
   * @default 'accuracy'
   */
  readonly scoring?: Scoring | undefined;
}

/** The names of {@link MeasureOptions}. */
export const MEASURE_OPTIONS = ['folds', 'validation', 'seed', 'scoring'];

/**
 * Checks the rows to train and to score on.
 *
 * @param caller - Name of the calling function, for messages.
 * @returns The folds, or `undefined` if there are validation rows instead.
 * @throws FerError `INVALID_ARGUMENT`, `INVALID_DATA`.
 */
export function resolveMeasure(
  caller: string,
  { x, y }: LabelledRows,
  { folds, validation, seed = 0 }: MeasureOptions,
): Fold[] | undefined {
  if ((folds === undefined) === (validation === undefined)) {
    throw new FerError('INVALID_ARGUMENT', `${caller} needs rows to measure on: give either folds or validation.`);
  }
  checkSeed(seed);
  checkFeatures(x);
  checkLabels(y, x.rows);
  if (validation === undefined) return resolveFolds(y, folds!, seed);
  if (typeof validation !== 'object' || validation === null) {
    throw new FerError('INVALID_ARGUMENT', `validation is ${describeValue(validation)}: give { x, y }.`);
  }
  checkFeatures(validation.x, x.columns);
  checkLabels(validation.y, validation.x.rows);
  if (validation.x.rows === 0 || !sameClasses(validation.y.classes, y.classes)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `validation has ${validation.x.rows} rows of classes [${validation.y.classes.join(', ')}]: give one or more, of [${y.classes.join(', ')}].`,
    );
  }
  return undefined;
}

/** Returns the scores of one candidate: their mean over folds, or the single score on `rows` validation rows. */
export function scoresOf(
  scores: readonly number[],
  validation: LabelledRows | undefined,
  scoring: Scoring | undefined,
): Scores {
  if (!validation) return summarise(scores);
  const [score] = scores;
  const binomial = scoring === undefined || scoring === 'accuracy';
  const standardError = binomial ? Math.sqrt((score * (1 - score)) / validation.x.rows) : undefined;
  return { score, standardError, scores };
}
