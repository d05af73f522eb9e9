import { checkLabels, checkObject, FerError, indexOfClass, type Labels } from 'fer-core';

/**
 * Merges classes, for tasks of fewer classes. Shares of soft labels are added up, and each label becomes the new class of
 * the largest share; among equal shares, the one that contains the old class.
 *
 * @param data - Is not changed; the result shares its images.
 * @param groups - The old classes of each new class. Every old class belongs to one group. The new classes are in the
 *   order of the keys.
 * @throws FerError `INVALID_ARGUMENT` if a name is not a class, or a class is named twice or not at all.
 *
 * @example
 * ```ts
 * const valence = mergeClasses(selectClasses(train, FER2013_CLASSES.filter((name) => name !== 'surprise')), {
 *   negative: ['angry', 'disgust', 'fear', 'sad'],
 *   neutral: ['neutral'],
 *   positive: ['happy'],
 * });
 * ```
 */
export function mergeClasses<L extends Labels>(data: L, groups: Readonly<Record<string, readonly string[]>>): L {
  checkLabels(data, data?.labels?.length);
  checkObject('groups', groups, 'give { name: [classes], … }');
  const lists: readonly unknown[] = Object.values(groups);
  if (!lists.every(Array.isArray)) {
    throw new FerError('INVALID_ARGUMENT', 'the groups are not arrays of classes: give { name: [classes], … }.');
  }
  const { classes } = data;
  const named = lists.flat() as string[];
  const wrong = named.findIndex((name, i) => indexOfClass(classes, name) < 0 || indexOfClass(named, name) !== i);
  const missing = classes.find((name) => indexOfClass(named, name) < 0);
  if (wrong >= 0 || missing !== undefined) {
    const what = wrong < 0 ? `"${missing}" is in no group` : `"${named[wrong]}" is not a class, or is named twice`;
    throw new FerError(
      'INVALID_ARGUMENT',
      `${what}: name each of [${classes.join(', ')}] once, or leave classes out first (selectClasses).`,
    );
  }
  const merged = Object.keys(groups);
  const to = classes.map((name) => merged.findIndex((group) => indexOfClass(groups[group], name) >= 0));
  if (!data.soft) return { ...data, classes: merged, labels: data.labels.map((label) => to[label]) };

  const [k, kept] = [classes.length, merged.length];
  const soft = new Float32Array(data.labels.length * kept);
  const labels = data.labels.map((label, i) => {
    const sums = new Float64Array(kept);
    for (let j = 0; j < k; j++) sums[to[j]] += data.soft![i * k + j];
    soft.set(sums, i * kept);
    const largest = Math.max(...sums);
    // Sums of float32 shares that are equal in exact arithmetic may differ in their last digits.
    return largest - sums[to[label]] < 1e-6 ? to[label] : sums.indexOf(largest);
  });
  return { ...data, classes: merged, labels, soft };
}

/**
 * Renames classes.
 *
 * @param data - Is not changed; the result shares its images and labels.
 * @param names - Old names and their new names. Other classes keep their names.
 * @throws FerError `INVALID_ARGUMENT` if an old name is not a class, or two classes would have the same name.
 *
 * @example
 * ```ts
 * const renamed = renameClasses(train, { happy: 'joy', sad: 'sadness' });
 * console.log(renamed.classes); // [ 'angry', 'disgust', 'fear', 'joy', 'sadness', 'surprise', 'neutral' ]
 * ```
 */
export function renameClasses<L extends Labels>(data: L, names: Readonly<Record<string, string>>): L {
  checkLabels(data, data?.labels?.length);
  checkObject('names', names, 'give { oldName: newName, … }');
  if (Object.values(names).some((name) => typeof name !== 'string')) {
    throw new FerError('INVALID_ARGUMENT', 'the names are not strings: give { oldName: newName, … }.');
  }
  const wrong = Object.keys(names).find((name) => indexOfClass(data.classes, name) < 0);
  if (wrong !== undefined) {
    throw new FerError('INVALID_ARGUMENT', `"${wrong}" is not a class: name some of [${data.classes.join(', ')}].`);
  }
  const old = Object.keys(names);
  const classes = data.classes.map((name) => {
    const at = indexOfClass(old, name);
    return at >= 0 ? names[old[at]] : name;
  });
  if (new Set(classes).size < classes.length) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the names [${classes.join(', ')}] are not all different: to merge classes, use mergeClasses.`,
    );
  }
  return { ...data, classes };
}
