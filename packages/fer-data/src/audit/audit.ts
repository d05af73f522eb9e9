import {
  breathe,
  checkDataset,
  checkOptions,
  type Dataset,
  describeValue,
  FerError,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { type SplitName, type Splits, splitEntries } from '../sampling/splits.js';
import { ImageTable } from './imageTable.js';
import { NearSearch } from './nearSearch.js';

/** Number of images that are compared with all others before other work may run. */
const AT_A_TIME = 64;

/** Options of {@link audit}. */
export interface AuditOptions extends RunOptions {
  /**
   * Largest root mean square difference of near duplicates, in grey levels. With 0, only exact duplicates are searched.
   * @default 6
   */
  readonly nearDistance?: number | undefined;
  /** An image is blank if its largest and smallest value differ by at most this. @default 8 */
  readonly blankRange?: number | undefined;
}

/** One image of the data. */
export interface AuditImage {
  /** `train` for a data set without splits. */
  readonly split: SplitName;
  /** 0-based, within its split. */
  readonly row: number;
  /** Name of its class. */
  readonly label: string;
  /** Its id, if the data set has ids. */
  readonly id?: string | undefined;
}

/** Duplicates of one image. */
export interface DuplicateGroup {
  /** Two or more images, in the order of the data. */
  readonly images: readonly AuditImage[];
  /** Largest root mean square difference among the pairs that connect the group. 0 if all images are the same. */
  readonly distance: number;
  /** Whether the group contains images of different splits: a model is then tested on images that it was trained on. */
  readonly acrossSplits: boolean;
  /** Whether the labels differ. */
  readonly conflict: boolean;
}

/** The result of {@link audit}. Blank images are in no group. */
export interface AuditReport {
  /** Number of images in the data. */
  readonly images: number;
  /** Groups of images with the same pixels. */
  readonly exact: readonly DuplicateGroup[];
  /** Groups of near duplicates. Each has at least two different images, and contains the exact duplicates of its images. */
  readonly near: readonly DuplicateGroup[];
  /** Images with (nearly) one value. */
  readonly blank: readonly AuditImage[];
}

/**
 * Finds faults of a data set that distort measurements: duplicate images, within a split or across splits, possibly with
 * different labels, and blank images. FER2013 has all of these.
 *
 * The search is exact, without hashing: a pair is ruled out only if a lower bound of its difference, from the means of
 * the images and of their 4×4 parts, is above `nearDistance`. Pairs that share an image belong to the same group.
 *
 * @throws FerError `INVALID_DATA` for data that break their contract, `INVALID_ARGUMENT` for a negative option.
 *
 * @example
 * ```ts
 * const { exact } = await audit(await loadFer2013('fer2013.csv'));
 * const leaks = exact.filter((group) => group.acrossSplits);
 * ```
 */
export async function audit(data: Dataset | Splits, options: AuditOptions = {}): Promise<AuditReport> {
  checkOptions('audit', options, ['nearDistance', 'blankRange', ...RUN_OPTIONS]);
  const { nearDistance = 6, blankRange = 8, signal } = options;
  for (const [name, value] of Object.entries({ nearDistance, blankRange })) {
    if (typeof value === 'number' && value >= 0) continue;
    throw new FerError('INVALID_ARGUMENT', `${name} is ${describeValue(value)}: it must be a number from 0.`);
  }
  const entries = splitEntries(data);
  const rows = entries.flatMap(([split, dataset]) => {
    checkDataset(dataset);
    return Array.from({ length: dataset.n }, (_, row): AuditImage => {
      const image = { split, row, label: dataset.classes[dataset.labels[row]] };
      return dataset.ids ? { ...image, id: dataset.ids[row] } : image;
    });
  });
  const table = new ImageTable(entries.map(([, dataset]) => dataset));
  const blank = rows.filter((_, i) => table.range(i) <= blankRange);
  const twins = table.exactGroups().filter(([first]) => table.range(first) > blankRange);
  const group = (members: readonly number[], distance: number): DuplicateGroup => {
    const images = members.map((i) => rows[i]);
    const differ = (key: 'split' | 'label') => images.some((image) => image[key] !== images[0][key]);
    return { images, distance, acrossSplits: differ('split'), conflict: differ('label') };
  };
  const exact = twins.filter((members) => members.length > 1).map((members) => group(members, 0));
  if (nearDistance === 0) return { images: rows.length, exact, near: [], blank };

  const parent = new Int32Array(twins.length).map((_, i) => i);
  const find = (i: number): number => {
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  };
  const largest = new Float64Array(twins.length);
  // One image of each set of exact duplicates.
  const search = new NearSearch(
    table,
    twins.map(([first]) => first),
    nearDistance,
  );
  for (let step = 0; step < search.steps; step++) {
    if (step % AT_A_TIME === 0) {
      await breathe(signal);
      options.onProgress?.({ kind: 'transform', done: step, total: search.steps });
    }
    for (const [a, b, distance] of search.pairs(step)) {
      const [x, y] = [find(a), find(b)];
      if (x === y) continue;
      parent[Math.max(x, y)] = Math.min(x, y);
      largest[Math.min(x, y)] = Math.max(largest[x], largest[y], distance);
    }
  }
  options.onProgress?.({ kind: 'transform', done: search.steps, total: search.steps });
  const chains = new Map<number, number[]>();
  for (const i of twins.keys()) {
    const root = find(i);
    if (!chains.has(root)) chains.set(root, []);
    chains.get(root)!.push(i);
  }
  const near = [...chains]
    .filter(([, chain]) => chain.length > 1)
    .map(([root, chain]) =>
      group(
        chain.flatMap((i) => twins[i]).sort((a, b) => a - b),
        largest[root],
      ),
    );
  return { images: rows.length, exact, near, blank };
}
