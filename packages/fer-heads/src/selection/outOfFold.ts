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
import { makeHead } from '../rows/makeHead.js';
import { type Folds, resolveFolds } from './folds.js';

/** What one fold gave. */
export interface FoldScores {
  /** The rows held out. */
  readonly held: ArrayLike<number>;
  /** Their labels. */
  readonly labels: Labels;
  /** What `of` made of the head that was fitted without them. */
  readonly scores: FeatureMatrix;
  readonly result: FitResult;
}

/**
 * Fits one head for each fold on the rows that the fold keeps, and asks it about those it holds out. One head and one
 * fold's copy of the rows exist at a time.
 *
 * @param make - Makes an unfitted head.
 * @param of - What to ask the fitted head.
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
  for (const { held, kept } of resolveFolds(y, folds, seed)) {
    const head = makeHead(make);
    try {
      const result = await head.fit(selectFeatures(x, kept), selectLabels(y, kept), run);
      const scores = await of(head, selectFeatures(x, held));
      yield { held, labels: selectLabels(y, held), scores, result };
    } finally {
      head.dispose();
    }
  }
}
