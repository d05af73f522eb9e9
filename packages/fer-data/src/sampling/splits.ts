import { type Dataset, FerError, sameClasses } from 'fer-core';

/** The three sets of FER2013, as the loaders name them. */
export type SplitName = 'train' | 'publicTest' | 'privateTest';

/** {@link SplitName}s in the order of FER2013. */
export const SPLIT_NAMES: readonly SplitName[] = ['train', 'publicTest', 'privateTest'];

/** Data in the three sets of FER2013 (Usage `Training`, `PublicTest`, `PrivateTest`). */
export interface Splits {
  /** What to learn from; 0 rows where the source has none. */
  readonly train: Dataset;
  /** What to choose by; absent where there are no rows. */
  readonly publicTest?: Dataset;
  /** What to report on; absent where there are no rows. */
  readonly privateTest?: Dataset;
}

/**
 * The sets that have rows, in the order of FER2013; a single data set counts as `train`.
 *
 * @throws FerError `INVALID_DATA` where the sets differ in their classes or sizes, or none has rows.
 */
export function splitEntries(data: Dataset | Splits): [name: SplitName, dataset: Dataset][] {
  const splits = 'train' in data ? data : { train: data };
  const found = SPLIT_NAMES.flatMap<[SplitName, Dataset]>((name) => {
    const dataset = splits[name];
    return dataset && dataset.n > 0 ? [[name, dataset]] : [];
  });
  if (found.length === 0) throw new FerError('INVALID_DATA', 'the data set is empty: give one with rows.');
  const [[firstName, first]] = found;
  const shape = ({ height, width, channels }: Dataset) => `${height}×${width}×${channels}`;
  for (const [name, dataset] of found) {
    if (shape(dataset) === shape(first) && sameClasses(dataset.classes, first.classes)) continue;
    const message = `${name} and ${firstName} differ in their classes or the images' size: make them alike first.`;
    throw new FerError('INVALID_DATA', message);
  }
  return found;
}
