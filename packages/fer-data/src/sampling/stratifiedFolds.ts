import { checkDataset, checkOptions, type Dataset, selectRows, stratifiedRows } from 'fer-core';
import type { StratifiedOptions } from './stratifiedSplit.js';

/**
 * K-fold cross-validation in which the classes keep their proportions: each row is in the validation part of one of k
 * folds. Folds differ by at most one row, in each class and in all. Rows stay in their order. The same seed gives the
 * same folds, which are those of `selectC` and `crossValidate` of fer-heads.
 *
 * @param dataset - Is not changed; the parts are copies, made as the folds are asked for.
 * @param k - How many folds, from 2 to the number of rows.
 * @param options - `seed` of the choice, 0 by default.
 * @returns For each fold `[train, validation]`.
 * @throws FerError `INVALID_ARGUMENT` for another k.
 *
 * @example
 * ```ts
 * for (const [train, validation] of stratifiedFolds(data, 5, { seed: 1 })) await classifier.fit(train, train);
 * ```
 */
export function stratifiedFolds(
  dataset: Dataset,
  k: number,
  options: StratifiedOptions = {},
): Generator<[train: Dataset, validation: Dataset], void, undefined> {
  checkOptions('stratifiedFolds', options, ['seed']);
  const { seed = 0 } = options;
  return takeFolds(dataset, stratifiedRows(checkDataset(dataset), k, seed));
}

function* takeFolds(
  dataset: Dataset,
  folds: readonly (readonly number[])[],
): Generator<[train: Dataset, validation: Dataset], void, undefined> {
  for (const rows of folds) {
    const held = new Set(rows);
    const rest = Array.from({ length: dataset.n }, (_, row) => row).filter((row) => !held.has(row));
    yield [selectRows(dataset, rest), selectRows(dataset, rows)];
  }
}
