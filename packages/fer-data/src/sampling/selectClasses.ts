import { checkDataset, type Dataset, FerError, selectRows } from 'fer-core';

/**
 * The rows of some classes. Soft labels lose the shares of the others, and sum to 1 again.
 *
 * @param dataset - Is not changed; the result is a copy.
 * @param classes - Which ones, in the order they shall have.
 * @throws FerError `INVALID_ARGUMENT` where one is no class of the data set, is named twice, or none is.
 */
export function selectClasses(dataset: Dataset, classes: readonly string[]): Dataset {
  checkDataset(dataset);
  const from = classes.map((name) => dataset.classes.indexOf(name));
  const wrong = from.findIndex((index, i) => index < 0 || from.indexOf(index) !== i);
  if (wrong >= 0 || classes.length === 0) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `classes are [${classes.join(', ')}]: name different ones of [${dataset.classes.join(', ')}].`,
    );
  }
  const to = dataset.classes.map((_, index) => from.indexOf(index));
  const rows = Array.from(dataset.labels.keys()).filter((row) => to[dataset.labels[row]] >= 0);
  const chosen = selectRows(dataset, rows);
  const labels = chosen.labels.map((label) => to[label]);
  if (!chosen.soft) return { ...chosen, labels, classes: [...classes] };
  const given = chosen.soft;
  const [k, kept] = [dataset.classes.length, classes.length];
  const soft = new Float32Array(chosen.n * kept);
  for (let i = 0; i < chosen.n; i++) {
    const shares = from.map((index) => given[i * k + index]);
    const total = shares.reduce((sum, share) => sum + share, 0);
    // A row may say nothing of its own class: then its label is all there is.
    for (let j = 0; j < kept; j++) soft[i * kept + j] = total > 0 ? shares[j] / total : Number(j === labels[i]);
  }
  return { ...chosen, labels, classes: [...classes], soft };
}
