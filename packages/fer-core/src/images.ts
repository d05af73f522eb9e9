import { FerError } from './errors.js';
import type { Random } from './random.js';

/** The seven classes of FER2013, in the order of its labels 0–6. */
export const FER2013_CLASSES = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;

/** A batch of n images. Plain bytes: no tensor leaves a package. */
export interface Images {
  /** n × height × width × channels, row-major (NHWC), 0..255. */
  readonly images: Uint8Array;
  /** How many images. */
  readonly n: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
}

/** What a classifier learns from: n labels, as indices into `classes`. */
export interface Labels {
  /** n numbers in 0..k−1. */
  readonly labels: Uint8Array;
  /** The names of the k classes, in the order of their indices. */
  readonly classes: readonly string[];
  /** n × k, each row a distribution over the classes (FER+ votes, mixup). Where absent, `labels` is the whole truth. */
  readonly soft?: Float32Array;
}

/** Labelled images. It is both {@link Images} and {@link Labels}: `classifier.fit(train, train)`. */
export interface Dataset extends Images, Labels {
  /** One name an image: a file, or a row of a table. */
  readonly ids?: readonly string[];
}

/**
 * Makes varied copies of a batch for training. It must not change its argument, and must take all randomness from the
 * generator given, so that an epoch can be repeated.
 */
export type Augmentation = (images: Images, random: Random) => Images;

/**
 * Checks a data set against its contract.
 *
 * @returns The same object.
 * @throws FerError `INVALID_DATA` where a length or a label is wrong.
 */
export function checkDataset<D extends Dataset>(dataset: D): D {
  checkImages(dataset);
  checkLabels(dataset, dataset.n);
  if (dataset.ids && dataset.ids.length !== dataset.n) {
    throw new FerError('INVALID_DATA', `${dataset.ids.length} ids for ${dataset.n} images: give one each, or none.`);
  }
  return dataset;
}

/**
 * Checks a batch of images: positive whole sizes, and as many bytes as they need.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkImages({ images, n, height, width, channels }: Images): void {
  checkBytes('images', images);
  for (const [name, size] of Object.entries({ height, width, channels })) {
    if (!Number.isInteger(size) || size < 1) {
      throw new FerError('INVALID_DATA', `images have ${name} ${size}: it must be a whole number from 1.`);
    }
  }
  if (!Number.isInteger(n) || n < 0 || images.length !== n * height * width * channels) {
    throw new FerError(
      'INVALID_DATA',
      `${images.length} bytes for ${n} images of ${height}×${width}×${channels}: ` +
        `expected ${n * height * width * channels}.`,
    );
  }
}

/**
 * Checks labels: as many as there are rows, each an index into `classes`; soft ones rows of distributions.
 *
 * @throws FerError `INVALID_DATA`, naming the first bad row.
 */
export function checkLabels({ labels, classes, soft }: Labels, n: number): void {
  checkBytes('labels', labels);
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === 'string')) {
    throw new FerError('INVALID_DATA', `classes are ${describe(classes)}: give an array of names (strings).`);
  }
  const k = classes.length;
  if (labels.length !== n) {
    throw new FerError('INVALID_DATA', `${labels.length} labels for ${n} rows: give one label a row.`);
  }
  if (new Set(classes).size !== k || k < 1 || k > 256) {
    throw new FerError('INVALID_DATA', `classes [${classes.join(', ')}]: give 1 to 256 different names.`);
  }
  for (let i = 0; i < n; i++) {
    if (labels[i] >= k) {
      throw new FerError('INVALID_DATA', `label ${labels[i]} is outside 0..${k - 1}: there are ${k} classes.`, {
        row: i + 1,
      });
    }
  }
  if (soft) checkSoft(soft, n, k);
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

function describe(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

/** Plain JavaScript may pass floats in 0..1 here; they would be taken for black. */
function checkBytes(name: string, bytes: Uint8Array): void {
  const type = bytes?.[Symbol.toStringTag] as string | undefined;
  if (type !== 'Uint8Array') {
    throw new FerError('INVALID_DATA', `${name} are a ${type ?? typeof bytes}: give a Uint8Array.`);
  }
}

/** How many rows each class has: k counts. */
export function classCounts({ labels, classes }: Labels): Uint32Array {
  const counts = new Uint32Array(classes.length);
  for (const label of labels) counts[label]++;
  return counts;
}

/** Whether two lists name the same classes in the same order. */
export function sameClasses(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, c) => name === b[c]);
}

/**
 * Checks row numbers.
 *
 * @throws FerError `INVALID_ARGUMENT` where one is not an index in 0..n−1.
 */
export function checkRows(rows: ArrayLike<number>, n: number): void {
  for (let i = 0; i < rows.length; i++) {
    if (Number.isInteger(rows[i]) && rows[i] >= 0 && rows[i] < n) continue;
    throw new FerError('INVALID_ARGUMENT', `row ${rows[i]} is outside 0..${n - 1}.`);
  }
}

/**
 * The labels of some rows, copied, in the order given.
 *
 * @param rows - Indices in 0..n−1; a row may come several times.
 * @throws FerError `INVALID_ARGUMENT` for any other index.
 */
export function selectLabels({ labels, classes, soft }: Labels, rows: ArrayLike<number>): Labels {
  checkRows(rows, labels.length);
  const k = classes.length;
  const taken = soft && new Float32Array(rows.length * k);
  if (taken) for (let i = 0; i < rows.length; i++) taken.set(soft.subarray(rows[i] * k, (rows[i] + 1) * k), i * k);
  return { labels: Uint8Array.from(rows, (row) => labels[row]), classes, soft: taken };
}

/**
 * The data set made of some rows of another, copied, in the order given.
 *
 * @param rows - Indices in 0..n−1; a row may come several times.
 * @throws FerError `INVALID_ARGUMENT` for any other index.
 */
export function selectRows(dataset: Dataset, rows: ArrayLike<number>): Dataset {
  checkRows(rows, dataset.n);
  const { height, width, channels } = dataset;
  const size = height * width * channels;
  const images = new Uint8Array(rows.length * size);
  const ids = dataset.ids && new Array<string>(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    images.set(dataset.images.subarray(row * size, (row + 1) * size), i * size);
    if (ids) ids[i] = dataset.ids![row];
  }
  const { labels, classes, soft } = selectLabels(dataset, rows);
  return { images, n: rows.length, height, width, channels, labels, classes, soft, ids };
}
