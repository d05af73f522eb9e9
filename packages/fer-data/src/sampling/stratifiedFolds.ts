import { checkDataset, type Dataset, FerError, Random, selectRows } from 'fer-core';
import { rowsByClass } from './strata.js';

/**
 * K-fold cross-validation in which the classes keep their proportions: each row is in the validation part of one of k
 * folds. Folds differ by at most one row, in each class and in all. Rows stay in their order. The same seed gives the
 * same folds.
 *
 * @param dataset - Is not changed; the parts are copies, made as the folds are asked for.
 * @param k - How many folds, from 2 to the number of rows.
 * @param options - `seed` of the choice, 0 by default.
 * @returns For each fold `[train, validation]`.
 * @throws FerError `INVALID_ARGUMENT` where k is not such a number.
 *
 * @example
 * ```ts
 * for (const [train, validation] of stratifiedFolds(data, 5, { seed: 1 })) await classifier.fit(train, train);
 * ```
 */
export function stratifiedFolds(
  dataset: Dataset,
  k: number,
  options: { readonly seed?: number | string } = {},
): Generator<[train: Dataset, validation: Dataset], void, undefined> {
  if (!Number.isInteger(k) || k < 2 || k > dataset.n) {
    throw new FerError('INVALID_ARGUMENT', `k is ${k}: it must be a whole number from 2 to ${dataset.n}.`);
  }
  const random = new Random(options.seed ?? 0).split('stratifiedFolds');
  const foldOf = new Uint32Array(dataset.n);
  // Dealt out like cards, each class where the one before it stopped: so all folds are of a size.
  let dealt = 0;
  rowsByClass(checkDataset(dataset)).forEach((rows, c) => {
    for (const row of random.split(c).shuffle(rows)) foldOf[row] = dealt++ % k;
  });
  return takeFolds(dataset, foldOf, k);
}

function* takeFolds(
  dataset: Dataset,
  foldOf: Uint32Array,
  k: number,
): Generator<[train: Dataset, validation: Dataset], void, undefined> {
  const rows = Array.from(foldOf.keys());
  for (let fold = 0; fold < k; fold++) {
    const train = rows.filter((row) => foldOf[row] !== fold);
    const validation = rows.filter((row) => foldOf[row] === fold);
    yield [selectRows(dataset, train), selectRows(dataset, validation)];
  }
}
