import { checkDataset, type Dataset, FerError, sameClasses } from 'fer-core';
import { concatImages } from './concatImages.js';
import { softLabels } from './softLabels.js';

/**
 * Joins data sets into one, in the order given. If some of them have soft labels, the rows of the others get soft labels
 * that are certain of their class. `ids` remain if all data sets have them.
 *
 * @param datasets - One or more, with the same classes in the same order and images of the same size. Are not changed.
 * @throws FerError `INVALID_DATA` if they differ, `INVALID_ARGUMENT` if there are none.
 *
 * @example
 * ```ts
 * const all = concatDatasets(train, publicTest);
 * console.log(all.n === train.n + publicTest.n); // true
 * ```
 */
export function concatDatasets(...datasets: readonly Dataset[]): Dataset {
  if (datasets.length === 0)
    throw new FerError('INVALID_ARGUMENT', 'there are no data sets to join: give at least one.');
  for (const set of datasets) checkDataset(set);
  const { classes } = datasets[0];
  const other = datasets.findIndex((set) => !sameClasses(set.classes, classes));
  if (other >= 0) {
    throw new FerError(
      'INVALID_DATA',
      `data set ${other + 1} has the classes [${datasets[other].classes.join(', ')}], the first has ` +
        `[${classes.join(', ')}]: select or rename them first (selectClasses, renameClasses).`,
    );
  }
  const images = concatImages(...datasets);
  const labels = new Uint8Array(images.n);
  const soft = datasets.some((set) => set.soft) ? new Float32Array(images.n * classes.length) : undefined;
  let row = 0;
  for (const set of datasets) {
    labels.set(set.labels, row);
    soft?.set(softLabels(set), row * classes.length);
    row += set.n;
  }
  const ids = datasets.every((set) => set.ids) ? datasets.flatMap((set) => set.ids!) : undefined;
  return { ...images, labels, classes, soft, ids };
}
