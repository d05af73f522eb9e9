import {
  argmaxRows,
  bindRunOptions,
  checkFeatures,
  checkFunction,
  checkLabels,
  checkOptions,
  type FeatureMatrix,
  type Head,
  type Labels,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import type { Folds } from './folds.js';
import { outOfFold } from './outOfFold.js';
import { resolveScoring, type Scores, type Scoring, summarise } from './scoring.js';

/** Options of {@link crossValidate}. */
export interface CrossValidateOptions extends RunOptions {
  /**
   * How many folds, chosen by `seed` so that classes keep their proportions, or the rows (from 0) that each fold holds
   * out.
   *
   * @default 5
   */
  readonly folds?: Folds | undefined;
  /**
   * Decides the folds where they are a number.
   *
   * @default 0
   */
  readonly seed?: number | string | undefined;
  /**
   * What is measured on the rows held out.
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
   * n × k: the decision function of each row, by the head that was fitted without it; 0 for rows that no fold holds
   * out. Of a row that several folds hold out, the last counts.
   */
  readonly decision: FeatureMatrix;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/**
 * Measures a head by cross-validation: each fold's rows are predicted by a head that is fitted on the others (one at a
 * time; each is disposed of). As scikit-learn's `cross_validate` and `cross_val_predict` in one.
 *
 * @param head - Makes an unfitted head with the options that are to be measured.
 * @throws FerError `INVALID_ARGUMENT` where the folds or the scoring are none that the rows allow; else as `fit`.
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
  checkFunction('head', head);
  checkFeatures(x);
  checkLabels(y, x.rows);
  const scoring = resolveScoring(options.scoring);
  const k = y.classes.length;
  const data = new Float32Array(x.rows * k);
  const scores: number[] = [];
  let converged = true;
  const ask = (fitted: Head, held: FeatureMatrix) => fitted.decisionFunction(held, { signal });
  for await (const fold of outOfFold(head, x, y, { folds, seed }, ask, { onProgress, signal })) {
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
