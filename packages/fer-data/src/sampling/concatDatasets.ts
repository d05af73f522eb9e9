import { checkDataset, type Dataset, FerError } from 'fer-core';
import { softLabels } from './softLabels.js';

/**
 * The rows of several data sets, one after the other. Where some have soft labels, the others' rows are certain of
 * theirs; `ids` remain where all have them.
 *
 * @param datasets - One or more, of the same classes in the same order, and images of the same size. Are not changed.
 * @throws FerError `INVALID_DATA` where they differ, `INVALID_ARGUMENT` where there are none.
 */
export function concatDatasets(...datasets: readonly Dataset[]): Dataset {
  if (datasets.length === 0) throw new FerError('INVALID_ARGUMENT', 'no data sets: give at least one.');
  const { height, width, channels, classes } = datasets[0];
  const kind = (set: Dataset) =>
    `${set.height}×${set.width}×${set.channels} with the classes [${set.classes.join(', ')}]`;
  datasets.forEach((set, i) => {
    checkDataset(set);
    if (kind(set) !== kind(datasets[0])) {
      throw new FerError(
        'INVALID_DATA',
        `data set ${i + 1} is ${kind(set)}, the first is ${kind(datasets[0])}: resize, select or rename them first.`,
      );
    }
  });
  const n = datasets.reduce((sum, set) => sum + set.n, 0);
  const images = new Uint8Array(n * height * width * channels);
  const labels = new Uint8Array(n);
  const soft = datasets.some((set) => set.soft) ? new Float32Array(n * classes.length) : undefined;
  let row = 0;
  for (const set of datasets) {
    images.set(set.images, row * height * width * channels);
    labels.set(set.labels, row);
    soft?.set(softLabels(set), row * classes.length);
    row += set.n;
  }
  const ids = datasets.every((set) => set.ids) ? datasets.flatMap((set) => set.ids!) : undefined;
  return { images, n, height, width, channels, labels, classes, soft, ids };
}
