import { checkLabels, FerError, type Labels } from 'fer-core';

/**
 * Joins classes into fewer: a task of 5 or 3 classes. Soft labels are added up, and `labels` are then the largest of
 * the sums (of equal ones that of the class before).
 *
 * @param data - Is not changed; images are shared, not copied.
 * @param groups - For each new class, in their order, the old ones: every old class in one group.
 * @throws FerError `INVALID_ARGUMENT` where the groups name a class that is none, or name one twice or not at all.
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
  checkLabels(data, data.labels.length);
  const { classes } = data;
  const named = Object.values(groups).flat();
  const wrong = named.find((name, i) => !classes.includes(name) || named.indexOf(name) !== i);
  const missing = classes.find((name) => !named.includes(name));
  if (wrong !== undefined || missing !== undefined) {
    const what = wrong === undefined ? `"${missing}" is in none` : `"${wrong}" is no class, or is there twice`;
    throw new FerError(
      'INVALID_ARGUMENT',
      `of the groups, ${what}: name each of [${classes.join(', ')}] once, or leave classes out by selectClasses.`,
    );
  }
  const merged = Object.keys(groups);
  const to = classes.map((name) => merged.findIndex((group) => groups[group].includes(name)));
  if (!data.soft) return { ...data, classes: merged, labels: data.labels.map((label) => to[label]) };

  const [k, kept] = [classes.length, merged.length];
  const soft = new Float32Array(data.labels.length * kept);
  const labels = data.labels.map((label, i) => {
    const sums = new Float64Array(kept);
    for (let j = 0; j < k; j++) sums[to[j]] += data.soft![i * k + j];
    soft.set(sums, i * kept);
    const largest = Math.max(...sums);
    // Sums of float32 shares that are equal on paper may differ in their last digits.
    return largest - sums[to[label]] < 1e-6 ? to[label] : sums.indexOf(largest);
  });
  return { ...data, classes: merged, labels, soft };
}

/**
 * Gives classes other names.
 *
 * @param data - Is not changed; images and labels are shared, not copied.
 * @param names - The new name of each class that gets one.
 * @throws FerError `INVALID_ARGUMENT` where one is no class, or two would have one name.
 */
export function renameClasses<L extends Labels>(data: L, names: Readonly<Record<string, string>>): L {
  const wrong = Object.keys(names).find((name) => !data.classes.includes(name));
  if (wrong !== undefined) {
    throw new FerError('INVALID_ARGUMENT', `"${wrong}" is no class: name some of [${data.classes.join(', ')}].`);
  }
  const classes = data.classes.map((name) => (Object.hasOwn(names, name) ? names[name] : name));
  if (new Set(classes).size < classes.length) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the names [${classes.join(', ')}] are not all different: to join classes, use mergeClasses.`,
    );
  }
  return { ...data, classes };
}
