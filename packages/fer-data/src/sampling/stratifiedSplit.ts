import { type Dataset, FerError, Random, selectRows } from 'fer-core';
import { apportion, rowsByClass } from './strata.js';

/**
 * Splits a data set in two at random; the classes keep their proportions in both. Rows stay in their order. The same
 * seed gives the same split.
 *
 * @param dataset - Is not changed; both parts are copies.
 * @param fraction - Share of the second part, in (0, 1): round(fraction·n) rows.
 * @param options - `seed` of the choice, 0 by default.
 * @returns `[rest, part]`: `const [train, validation] = stratifiedSplit(data, 0.1)`.
 * @throws FerError `INVALID_ARGUMENT` where the fraction is outside its range, or leaves one part without rows.
 */
export function stratifiedSplit(
  dataset: Dataset,
  fraction: number,
  options: { readonly seed?: number | string } = {},
): [rest: Dataset, part: Dataset] {
  const n = Math.round(fraction * dataset.n);
  if (!(n > 0 && n < dataset.n)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `fraction is ${fraction}: it must be between 0 and 1, and leave some of the ${dataset.n} rows on both sides.`,
    );
  }
  const strata = rowsByClass(dataset);
  const sizes = apportion(
    n,
    strata.map((rows) => rows.length),
  );
  const random = new Random(options.seed ?? 0).split('stratifiedSplit');
  const inPart = new Uint8Array(dataset.n);
  strata.forEach((rows, c) => {
    for (const row of random.split(c).shuffle(rows).slice(0, sizes[c])) inPart[row] = 1;
  });
  const all = Array.from({ length: dataset.n }, (_, row) => row);
  return [
    selectRows(
      dataset,
      all.filter((row) => !inPart[row]),
    ),
    selectRows(
      dataset,
      all.filter((row) => inPart[row]),
    ),
  ];
}
