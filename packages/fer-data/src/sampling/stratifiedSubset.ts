import { type Dataset, FerError, Random, selectRows } from 'fer-core';
import { apportion, rowsByClass } from './strata.js';

/**
 * A random subset in which the classes keep their proportions, to the row: class c of n_c rows gets n·n_c/N, rounded
 * by largest remainders. Rows stay in their order. The same seed gives the same rows.
 *
 * @param dataset - Is not changed; the subset is a copy.
 * @param n - How many rows, from 1 to the data set's.
 * @param options - `seed` of the choice, 0 by default.
 * @throws FerError `INVALID_ARGUMENT` where n is not such a number.
 */
export function stratifiedSubset(
  dataset: Dataset,
  n: number,
  options: { readonly seed?: number | string } = {},
): Dataset {
  if (!Number.isInteger(n) || n < 1 || n > dataset.n) {
    throw new FerError('INVALID_ARGUMENT', `n is ${n}: it must be a whole number from 1 to ${dataset.n}.`);
  }
  const strata = rowsByClass(dataset);
  const sizes = apportion(
    n,
    strata.map((rows) => rows.length),
  );
  const random = new Random(options.seed ?? 0).split('stratifiedSubset');
  const chosen = strata.flatMap((rows, c) => random.split(c).shuffle(rows).slice(0, sizes[c]));
  return selectRows(
    dataset,
    chosen.sort((a, b) => a - b),
  );
}
