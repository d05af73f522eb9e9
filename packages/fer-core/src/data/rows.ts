import { checkArray } from '../arguments.js';
import { describeValue, FerError } from '../errors.js';
import { checkMatrix, type FeatureMatrix } from './features.js';
import { checkIds } from './ids.js';
import { checkImages, type Dataset, type Images } from './images.js';
import { checkLabelArrays, type Labels } from './labels.js';

/**
 * Checks row numbers.
 *
 * @throws FerError `INVALID_ARGUMENT` if one is not an index in 0..n−1.
 */
export function checkRows(rows: ArrayLike<number>, n: number): void {
  checkArray('row numbers', rows);
  for (let i = 0; i < rows.length; i++) {
    if (Number.isInteger(rows[i]) && rows[i] >= 0 && rows[i] < n) continue;
    throw new FerError(
      'INVALID_ARGUMENT',
      `row ${describeValue(rows[i])} is outside 0..${n - 1}: give indices of existing rows.`,
    );
  }
}

/**
 * Copies some rows of a data set, in the order given.
 *
 * @param rows - Indices in 0..n−1; a row may be repeated.
 * @throws FerError `INVALID_ARGUMENT` for any other index.
 *
 * @example
 * ```ts
 * const happy = [...test.labels.keys()].filter((row) => test.labels[row] === test.classes.indexOf('happy'));
 * const happyFaces = selectRows(test, happy);
 * ```
 */
export function selectRows(dataset: Dataset, rows: ArrayLike<number>): Dataset {
  const { images, n, height, width, channels } = selectImages(dataset, rows);
  const { labels, classes, soft } = selectLabels(dataset, rows);
  const { ids } = dataset;
  checkIds(ids, dataset.n);
  return { images, n, height, width, channels, labels, classes, soft, ids: ids && Array.from(rows, (row) => ids[row]) };
}

/**
 * Copies some of the images, as {@link selectRows} does.
 *
 * @example
 * ```ts
 * const firstTwo = selectImages(photos, [0, 1]);
 * ```
 */
export function selectImages(x: Images, rows: ArrayLike<number>): Images {
  checkImages(x);
  const { images, n, height, width, channels } = x;
  checkRows(rows, n);
  return { images: copyRows(images, height * width * channels, rows), n: rows.length, height, width, channels };
}

/**
 * Copies the features of some rows, as {@link selectRows} does.
 *
 * @example
 * ```ts
 * const [rows = []] = stratifiedRows(train, 2, seed); // half of each class
 * await softmax().fit(selectFeatures(features, rows), selectLabels(train, rows));
 * ```
 */
export function selectFeatures(features: FeatureMatrix, rows: ArrayLike<number>): FeatureMatrix {
  checkMatrix('features', features);
  const { data, rows: n, columns } = features;
  checkRows(rows, n);
  return { data: copyRows(data, columns, rows), rows: rows.length, columns };
}

/**
 * Copies the labels of some rows, soft ones included, as {@link selectRows} does.
 *
 * @example
 * ```ts
 * const [held = []] = stratifiedRows(train, 5, seed);
 * const { evaluation } = await evaluateHead(head, selectFeatures(features, held), selectLabels(train, held));
 * ```
 */
export function selectLabels(y: Labels, rows: ArrayLike<number>): Labels {
  checkLabelArrays(y);
  const { labels, classes, soft } = y;
  checkRows(rows, labels.length);
  return { labels: copyRows(labels, 1, rows), classes, soft: soft && copyRows(soft, classes.length, rows) };
}

/** @param size - Numbers per row. */
function copyRows<A extends Uint8Array | Float32Array>(values: A, size: number, rows: ArrayLike<number>): A {
  const type = values instanceof Float32Array ? Float32Array : Uint8Array;
  const copied = new type(rows.length * size);
  for (let i = 0; i < rows.length; i++) copied.set(values.subarray(rows[i] * size, (rows[i] + 1) * size), i * size);
  return copied as A;
}
