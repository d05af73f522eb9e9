import {
  checkFeatures,
  checkLabels,
  describeValue,
  type FeatureMatrix,
  FerError,
  type Labels,
  sameClasses,
} from 'fer-core';
import { type Fold, type Folds, resolveFolds } from './folds.js';
import { type Scores, type Scoring, summarise } from './scoring.js';

/** Labelled features. */
export interface LabelledRows {
  readonly x: FeatureMatrix;
  readonly y: Labels;
}

/** Which rows candidates are measured on: exactly one of `folds` and `validation`. */
export interface MeasureOptions {
  /**
   * Cross-validation: how many folds, chosen by `seed` so that classes keep their proportions, or the rows (from 0)
   * that each fold holds out. A fold's rows are copied while it is worked on.
   */
  readonly folds?: Folds | undefined;
  /** Labelled features that are not among those learned from. */
  readonly validation?: LabelledRows | undefined;
  /**
   * Decides the folds where they are a number.
   *
   * @default 0
   */
  readonly seed?: number | string | undefined;
  /**
   * What is measured on rows that were not learned from.
   *
   * @default 'accuracy'
   */
  readonly scoring?: Scoring | undefined;
}

/** The names of {@link MeasureOptions}. */
export const MEASURE_OPTIONS = ['folds', 'validation', 'seed', 'scoring'];

/**
 * Checks the rows to learn from and to measure on.
 *
 * @param caller - Its name, for messages.
 * @returns The folds; undefined where there are validation rows instead.
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

/** The scores of one candidate: over folds their mean, or the only one on so many validation rows. */
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
