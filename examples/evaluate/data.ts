import { stat } from 'node:fs/promises';
import { type Dataset, FerError, type Progress, sameClasses } from 'fer-core';
import { loadFer2013, loadImageFolder } from 'fer-data/node';

/** The splits to evaluate on: the test splits if there are any, otherwise all. */
export async function loadLabelled(
  path: string,
  { classes }: { readonly classes: readonly string[] },
  onProgress: (event: Progress) => void,
): Promise<[name: string, dataset: Dataset][]> {
  const folder = (await stat(path).catch(() => undefined))?.isDirectory();
  const { train, publicTest, privateTest } = folder
    ? await loadImageFolder(path, { classes, onProgress })
    : await loadFer2013(path, { onProgress });
  const found = { PublicTest: publicTest, PrivateTest: privateTest };
  const tests = Object.entries(found).filter((entry): entry is [string, Dataset] => entry[1] !== undefined);
  const splits: [string, Dataset][] = tests.length > 0 ? tests : [['All', train]];
  for (const [name, dataset] of splits) {
    if (!sameClasses(dataset.classes, classes)) {
      const [has, knows] = [dataset.classes.join(', '), classes.join(', ')];
      throw new FerError('INVALID_DATA', `${name} has the classes [${has}], the model has [${knows}].`, {
        file: path,
      });
    }
  }
  return splits;
}
