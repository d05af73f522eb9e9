import {
  argmaxRows,
  bindRunOptions,
  checkFeatures,
  checkLabels,
  checkOptions,
  type FeatureMatrix,
  type Head,
  type Labels,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { headMaker } from '../rows/makeHead.js';
import type { Folds } from './folds.js';
import { outOfFold } from './outOfFold.js';
import { resolveScoring, type Scores, type Scoring, summarise } from './scoring.js';

/** Options of {@link crossValidate}. */
export interface CrossValidateOptions extends RunOptions {
  /**
   * The number of folds, which `seed` draws with the same class proportions in each, or the rows (from 0) that each
   * fold holds out.
   *
   * @default 5
   */
  readonly folds?: Folds | undefined;
  /**
   * Seed for drawing the folds if `folds` is a number.
   *
   * @default 0
   */
  readonly seed?: number | string | undefined;
  /**
   * The score that is computed on the held-out rows.
   *
   * @default 'accuracy'
   */
  readonly scoring?: Scoring | undefined;
}

/** The result of {@link crossValidate}. */
export interface CrossValidation extends Scores {
  readonly standardError: number;
  /** Whether every fit converged. */
  readonly converged: boolean;
  /**
   * n × k: the decision function of each row, by the head that was fitted without it. 0 for rows that no fold holds
   * out. If several folds hold out a row, the last one counts.
   */
  readonly decision: FeatureMatrix;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/**
 * Evaluates a head by cross-validation: for each fold, a head is fitted on the other rows and predicts the rows of the
 * fold. Only one head exists at a time; each is disposed. Combines scikit-learn's `cross_validate` and
 * `cross_val_predict`.
 *
 * @param head - Makes an unfitted head with the options to evaluate.
 * @throws FerError `INVALID_ARGUMENT` if the folds or the scoring don't suit the rows; otherwise as `fit`.
 *
 * @example
 * ```ts
 * const { score, standardError } = await crossValidate(() => rbfSVM({ C: 10 }), features, train, {
 *   folds: 5,
 *   scoring: 'balancedAccuracy',
 * });
 * ```
 */
export async function crossValidate(
  head: () => Head,
  x: FeatureMatrix,
  y: Labels,
  options: CrossValidateOptions = {},
): Promise<CrossValidation> {
  const begun = performance.now();
  checkOptions('crossValidate', options, ['folds', 'seed', 'scoring', ...RUN_OPTIONS]);
  const { folds = 5, seed = 0 } = options;
  const { onProgress, signal } = bindRunOptions(options);
  const make = headMaker(head);
  checkFeatures(x);
  checkLabels(y, x.rows);
  const scoring = resolveScoring(options.scoring);
  const k = y.classes.length;
  const data = new Float32Array(x.rows * k);
  const scores: number[] = [];
  let converged = true;
  const ask = (fitted: Head, held: FeatureMatrix) => fitted.decisionFunction(held, { signal });
  for await (const fold of outOfFold(make, x, y, { folds, seed }, ask, { onProgress, signal })) {
    scores.push(scoring(fold.labels.labels, argmaxRows(fold.scores), y.classes));
    converged &&= fold.result.converged;
    for (let i = 0; i < fold.held.length; i++) {
      data.set(fold.scores.data.subarray(i * k, (i + 1) * k), fold.held[i] * k);
    }
  }
  return {
    ...summarise(scores),
    converged,
    decision: { data, rows: x.rows, columns: k },
    seconds: (performance.now() - begun) / 1000,
  };
}
