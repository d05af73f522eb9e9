import { checkDataset, checkOptions, type Dataset, describeValue, FerError, Random, selectRows } from 'fer-core';
import { rowsByClass } from './strata.js';

/** Options of {@link balancedSample}. */
export interface BalancedSampleOptions {
  /**
   * How many rows each class gets: as many as the largest class has (rows of smaller classes are repeated), as many as
   * the smallest class has (rows of larger classes are left out), or a number.
   * @default 'largest'
   */
  readonly perClass?: 'largest' | 'smallest' | number | undefined;
  /**
   * Seed of the choice.
   * @default 0
   */
  readonly seed?: number | string | undefined;
}

/**
 * A sample with the same number of rows of each class. Where a class has fewer rows than needed, each of its rows is
 * repeated equally often, and some rows, chosen at random, once more. Rows stay in their order, with repeated rows side
 * by side. The same seed gives the same rows.
 *
 * @param dataset - Is not changed; the sample is a copy.
 * @throws FerError `INVALID_DATA` for a class without rows; `INVALID_ARGUMENT` for another value of `perClass`.
 *
 * @example
 * ```ts
 * const sample = balancedSample(train, { perClass: 500, seed: 1 });
 * console.log(classCounts(sample)); // Uint32Array(7) [ 500, 500, 500, 500, 500, 500, 500 ]
 * ```
 */
export function balancedSample(dataset: Dataset, options: BalancedSampleOptions = {}): Dataset {
  checkOptions('balancedSample', options, ['perClass', 'seed']);
  const { perClass = 'largest', seed = 0 } = options;
  const strata = rowsByClass(checkDataset(dataset));
  const sizes = strata.map((rows) => rows.length);
  const empty = sizes.indexOf(0);
  if (empty >= 0) {
    throw new FerError('INVALID_DATA', `class "${dataset.classes[empty]}" has no rows: leave it out (selectClasses).`);
  }
  const named = { largest: Math.max(...sizes), smallest: Math.min(...sizes) };
  const count = typeof perClass === 'string' ? named[perClass] : perClass;
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `perClass is ${describeValue(perClass)}: it must be 'largest', 'smallest' or a whole number from 1.`,
    );
  }
  const random = new Random(seed).split('balancedSample');
  const chosen = strata.flatMap((rows, c) => {
    const order = random.split(c).shuffle(rows);
    return Array.from({ length: count }, (_, i) => order[i % order.length]);
  });
  return selectRows(
    dataset,
    chosen.sort((a, b) => a - b),
  );
}
