import { checkDataset, checkOptions, type Dataset, describeValue, FerError, Random, selectRows } from 'fer-core';
import { apportion, rowsByClass } from './strata.js';

/** Options of the stratified choices of rows. */
export interface StratifiedOptions {
  /** Seed of the choice. @default 0 */
  readonly seed?: number | string | undefined;
}

/**
 * Splits a data set in two at random, so that the classes keep their proportions in both parts. Rows stay in their
 * order. The same seed gives the same split.
 *
 * @param dataset - Is not changed; both parts are copies.
 * @param fraction - Share of the second part, between 0 and 1: it gets round(fraction·n) rows.
 * @returns `[rest, part]`: `const [train, validation] = stratifiedSplit(data, 0.1)`.
 * @throws FerError `INVALID_ARGUMENT` for a fraction outside its range, or one that leaves a part without rows;
 *   `INVALID_DATA` for a data set that breaks its contract.
 *
 * @example
 * ```ts
 * const [rest, validation] = stratifiedSplit(train, 0.1, { seed: 1 });
 * await backbone.fit(rest, { validation });
 * ```
 */
export function stratifiedSplit(
  dataset: Dataset,
  fraction: number,
  options: StratifiedOptions = {},
): [rest: Dataset, part: Dataset] {
  checkOptions('stratifiedSplit', options, ['seed']);
  const { seed = 0 } = options;
  checkDataset(dataset);
  const n = typeof fraction === 'number' ? Math.round(fraction * dataset.n) : 0;
  if (!(n > 0 && n < dataset.n)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `fraction is ${describeValue(fraction)}: it must be between 0 and 1, and leave some of the ${dataset.n} rows on both sides.`,
    );
  }
  const chosen = chooseRows(dataset, n, new Random(seed).split('stratifiedSplit'));
  const inPart = new Uint8Array(dataset.n);
  for (const row of chosen) inPart[row] = 1;
  const rest = Array.from({ length: dataset.n }, (_, row) => row).filter((row) => !inPart[row]);
  return [selectRows(dataset, rest), selectRows(dataset, chosen)];
}

/** Chooses n rows at random in proportion to the classes' sizes. Ascending. */
export function chooseRows(dataset: Dataset, n: number, random: Random): number[] {
  const strata = rowsByClass(dataset);
  const sizes = apportion(
    n,
    strata.map((rows) => rows.length),
  );
  const chosen = strata.flatMap((rows, c) => random.split(c).shuffle(rows).slice(0, sizes[c]));
  return chosen.sort((a, b) => a - b);
}
