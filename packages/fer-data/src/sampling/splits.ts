import { checkImages, type Dataset, describeValue, FerError, sameClasses } from 'fer-core';

/** Names of the three splits of FER2013. */
export type SplitName = 'train' | 'publicTest' | 'privateTest';

/** {@link SplitName}s in the order of FER2013. */
export const SPLIT_NAMES: readonly SplitName[] = ['train', 'publicTest', 'privateTest'];

/** Data in the three splits of FER2013 (Usage `Training`, `PublicTest`, `PrivateTest`). */
export interface Splits {
  /** For training. Has 0 rows if the source has none. */
  readonly train: Dataset;
  /** For choosing models and options (validation). Absent if there are no rows. */
  readonly publicTest?: Dataset | undefined;
  /** For the final test. Absent if there are no rows. */
  readonly privateTest?: Dataset | undefined;
}

/**
 * The splits that have rows, in the order of FER2013. A single data set counts as `train`.
 *
 * @throws FerError `INVALID_DATA` if they differ in their classes or the size of their images, or if none has rows.
 *
 * @example
 * ```ts
 * for (const [name, { n }] of splitEntries({ train, privateTest })) console.log(name, n); // train 70, privateTest 21
 * ```
 */
export function splitEntries(data: Dataset | Splits): [name: SplitName, dataset: Dataset][] {
  if (typeof data !== 'object' || data === null) {
    throw new FerError('INVALID_DATA', `the data are ${describeValue(data)}: give a data set, or splits of one.`);
  }
  const splits = 'train' in data ? data : { train: data };
  const found = SPLIT_NAMES.flatMap<[SplitName, Dataset]>((name) => {
    const dataset = splits[name];
    if (dataset === undefined) return [];
    checkImages(dataset);
    return dataset.n > 0 ? [[name, dataset]] : [];
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
