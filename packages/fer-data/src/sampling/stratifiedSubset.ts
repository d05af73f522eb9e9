import { checkDataset, checkOptions, type Dataset, describeValue, FerError, Random, selectRows } from 'fer-core';
import { chooseRows, type StratifiedOptions } from './stratifiedSplit.js';

/**
 * A random subset in which the classes keep their proportions: a class with n_c of the N rows gets n·n_c/N rows, rounded
 * by the method of largest remainders. Rows stay in their order. The same seed gives the same rows.
 *
 * @param dataset - Is not changed; the subset is a copy.
 * @param n - How many rows, from 1 to the number of rows of the data set.
 * @throws FerError `INVALID_ARGUMENT` for another n; `INVALID_DATA` for a data set that breaks its contract.
 *
 * @example
 * ```ts
 * const small = stratifiedSubset(train, 35, { seed: 1 });
 * console.log(small.n); // 35
 * ```
 */
export function stratifiedSubset(dataset: Dataset, n: number, options: StratifiedOptions = {}): Dataset {
  checkOptions('stratifiedSubset', options, ['seed']);
  const { seed = 0 } = options;
  checkDataset(dataset);
  if (!Number.isInteger(n) || n < 1 || n > dataset.n) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `n is ${describeValue(n)}: it must be a whole number from 1 to ${dataset.n}.`,
    );
  }
  return selectRows(dataset, chooseRows(dataset, n, new Random(seed).split('stratifiedSubset')));
}
