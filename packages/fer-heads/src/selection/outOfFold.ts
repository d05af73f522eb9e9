import {
  checkFeatures,
  checkLabels,
  type FeatureMatrix,
  type FitResult,
  type Head,
  type Labels,
  type RunOptions,
  selectFeatures,
  selectLabels,
} from 'fer-core';
import { type Folds, fitWithout, resolveFolds } from './folds.js';

/** The result of one fold. */
export interface FoldScores {
  /** The rows held out. */
  readonly held: ArrayLike<number>;
  /** Their labels. */
  readonly labels: Labels;
  /** The result of `of` for the head that was fitted without these rows. */
  readonly scores: FeatureMatrix;
  readonly result: FitResult;
}

/**
 * For each fold, fits a head on the rows that the fold keeps and applies `of` to the rows that it holds out. Only one
 * head and one fold's copy of the rows exist at a time.
 *
 * @param make - Makes an unfitted head.
 * @param of - Computes scores with the fitted head.
 * @throws FerError as `resolveFolds`, and as `fit`.
 */
export async function* outOfFold(
  make: () => Head,
  x: FeatureMatrix,
  y: Labels,
  { folds, seed }: { readonly folds: Folds; readonly seed: number | string },
  of: (head: Head, held: FeatureMatrix) => Promise<FeatureMatrix>,
  run: RunOptions,
): AsyncGenerator<FoldScores, void, undefined> {
  checkFeatures(x);
  checkLabels(y, x.rows);
  for (const fold of resolveFolds(y, folds, seed)) {
    const { held, kept } = fold;
    const head = make();
    try {
      const result = await fitWithout(fold, () => head.fit(selectFeatures(x, kept), selectLabels(y, kept), run));
      const scores = await of(head, selectFeatures(x, held));
      yield { held, labels: selectLabels(y, held), scores, result };
    } finally {
      head.dispose();
    }
  }
}
