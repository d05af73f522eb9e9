import { checkDataset, type Dataset, describeValue, FerError, indexOfClass, selectRows } from 'fer-core';

/**
 * Selects the rows of some classes. The shares of the other classes are removed from soft labels, which are rescaled to
 * sum to 1.
 *
 * @param dataset - Is not changed; the result is a copy.
 * @param classes - The classes to keep, in their new order.
 * @throws FerError `INVALID_ARGUMENT` if a name is not a class of the data set or is given twice, or if there are
 *   no names.
 *
 * @example
 * ```ts
 * const smiles = selectClasses(train, ['neutral', 'happy']);
 * console.log(smiles.classes); // [ 'neutral', 'happy' ]
 * ```
 */
export function selectClasses(dataset: Dataset, classes: readonly string[]): Dataset {
  checkDataset(dataset);
  if (!Array.isArray(classes)) {
    throw new FerError('INVALID_ARGUMENT', `classes are ${describeValue(classes)}: give an array of names.`);
  }
  const from = classes.map((name) => indexOfClass(dataset.classes, name));
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
    // If the shares of these classes are all 0, the row's label is used.
    for (let j = 0; j < kept; j++) soft[i * kept + j] = total > 0 ? shares[j] / total : Number(j === labels[i]);
  }
  return { ...chosen, labels, classes: [...classes], soft };
}
