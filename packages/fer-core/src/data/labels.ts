import { checkArray } from '../arguments.js';
import { checkIsArray, describeValue, FerError } from '../errors.js';

/** What a classifier learns from: n labels, as indices into `classes`. */
export interface Labels {
  /** n numbers in 0..k−1. */
  readonly labels: Uint8Array;
  /** The names of the k classes, in the order of their indices. */
  readonly classes: readonly string[];
  /** n × k, each row a distribution over the classes (FER+ votes, mixup). If absent, only `labels` count. */
  readonly soft?: Float32Array | undefined;
}

/**
 * Checks labels: as many as there are rows, each an index into `classes`. Soft labels must be one distribution per row.
 *
 * @param n - How many rows there are. @default as many as there are labels
 * @throws FerError `INVALID_DATA`, naming the first bad row.
 */
export function checkLabels(y: Labels, n?: number): void {
  checkLabelArrays(y);
  const { labels, classes, soft } = y;
  const k = classes.length;
  if (n !== undefined && labels.length !== n) {
    throw new FerError('INVALID_DATA', `${labels.length} labels for ${n} rows: give one label per row.`);
  }
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= k) {
      throw new FerError('INVALID_DATA', `label ${labels[i]} is outside 0..${k - 1}: there are ${k} classes.`, {
        row: i + 1,
      });
    }
  }
  if (soft) checkSoft(soft, labels.length, k);
}

/**
 * Checks the types of labels: labels are bytes, classes are strings, soft labels are floats. The values are not checked,
 * so that the check is cheap enough for loops.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkLabelArrays(y: Labels): void {
  if (typeof y !== 'object' || y === null) {
    throw new FerError('INVALID_DATA', `the labels are ${describeValue(y)}: give { labels, classes }, or a Dataset.`);
  }
  checkIsArray('labels', y.labels, 'Uint8Array');
  checkClassNames(y.classes);
  if (y.soft !== undefined) checkIsArray('soft labels', y.soft, 'Float32Array');
}

/**
 * Checks a list of classes: 1 to 256 different names, each a string.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkClassNames(classes: readonly string[]): void {
  if (!Array.isArray(classes)) {
    throw new FerError('INVALID_DATA', `classes are ${describeValue(classes)}: give an array of names.`);
  }
  const wrong = classes.findIndex((name) => typeof name !== 'string');
  if (wrong >= 0) {
    throw new FerError(
      'INVALID_DATA',
      `one of the classes is ${describeValue(classes[wrong])}: give an array of names (strings), such as 'happy'.`,
    );
  }
  const k = classes.length;
  if (new Set(classes.map(letters)).size !== k || k < 1 || k > 256) {
    throw new FerError('INVALID_DATA', `classes [${classes.join(', ')}]: give 1 to 256 different names.`);
  }
}

function checkSoft(soft: Float32Array, n: number, k: number): void {
  if (soft.length !== n * k) {
    throw new FerError('INVALID_DATA', `${soft.length} soft labels for ${n} rows of ${k} classes: expected ${n * k}.`);
  }
  for (let i = 0; i < n; i++) {
    let sum = 0;
    let negative = false;
    for (let j = i * k; j < (i + 1) * k; j++) {
      sum += soft[j];
      negative ||= soft[j] < 0;
    }
    if (negative || !(Math.abs(sum - 1) < 1e-3)) {
      const row = soft.subarray(i * k, (i + 1) * k).join(', ');
      throw new FerError('INVALID_DATA', `soft labels [${row}]: give numbers from 0 that sum to 1.`, { row: i + 1 });
    }
  }
}

/**
 * The labels that `fit(x, y)` learns from: `y`, or those that `x` carries if `y` is omitted, as in `fit(train)`.
 *
 * @throws FerError `INVALID_ARGUMENT` if neither has labels.
 *
 * @example
 * ```ts
 * function fit(x: FeatureMatrix, y?: Labels) {
 *   const { labels, classes } = resolveLabels(x, y);
 * }
 * ```
 */
export function resolveLabels(x: unknown, y: Labels | undefined): Labels {
  if (y === undefined && carriesLabels(x)) return x;
  if (y !== undefined && carriesLabels(y)) return y;
  throw new FerError(
    'INVALID_ARGUMENT',
    y === undefined
      ? 'fit got no labels: give a Dataset, or { labels, classes } as the second argument.'
      : 'the second argument of fit has no labels: give { labels, classes } there, and options as the third.',
  );
}

function carriesLabels(value: unknown): value is Labels {
  return typeof value === 'object' && value !== null && 'labels' in value && 'classes' in value;
}

/**
 * The index of a class in a list, or −1. Names are compared after Unicode normalization: macOS gives an accented letter
 * in a folder's name as two code points (NFD), most programs as one (NFC).
 *
 * @throws FerError `INVALID_ARGUMENT` if the classes are not an array.
 *
 * @example
 * ```ts
 * indexOfClass(FER2013_CLASSES, 'happy'); // 3
 * indexOfClass(FER2013_CLASSES, 'joy'); // -1
 * ```
 */
export function indexOfClass(classes: readonly string[], name: string): number {
  checkArray('classes', classes);
  const wanted = letters(name);
  return classes.findIndex((known) => letters(known) === wanted);
}

function letters(name: string): string {
  return typeof name === 'string' ? name.normalize() : name;
}

/**
 * Whether two lists name the same classes in the same order, compared as {@link indexOfClass} does.
 *
 * @throws FerError `INVALID_ARGUMENT` if one is not an array.
 *
 * @example
 * ```ts
 * sameClasses(classifier.classes, test.classes); // true
 * sameClasses(['happy', 'sad'], ['sad', 'happy']); // false: the order counts
 * ```
 */
export function sameClasses(a: readonly string[], b: readonly string[]): boolean {
  checkArray('classes', a);
  checkArray('classes', b);
  return a.length === b.length && a.every((name, i) => letters(name) === letters(b[i]));
}

/**
 * How many rows each class has: k counts.
 *
 * @throws FerError `INVALID_DATA` if the labels break their contract.
 *
 * @example
 * ```ts
 * classCounts({ labels: Uint8Array.of(0, 1, 1), classes: ['neutral', 'smile'] }); // Uint32Array(2) [ 1, 2 ]
 * ```
 */
export function classCounts(y: Labels): Uint32Array {
  checkLabels(y);
  const { labels, classes } = y;
  const counts = new Uint32Array(classes.length);
  for (const label of labels) counts[label]++;
  return counts;
}
