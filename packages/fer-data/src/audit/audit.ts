import { breathe, checkDataset, type Dataset, FerError, type RunOptions } from 'fer-core';
import { type SplitName, type Splits, splitEntries } from '../sampling/splits.js';
import { ImageTable } from './imageTable.js';
import { NearSearch } from './nearSearch.js';

/** How many images are compared with all others between two breaths. */
const AT_A_TIME = 64;

/** Options of {@link audit}. */
export interface AuditOptions extends RunOptions {
  /**
   * Two images are near duplicates where their root mean square difference is at most this, in grey levels; 0 looks for
   * exact ones only. @default 6
   */
  readonly nearDistance?: number;
  /** An image is blank where its values differ by at most this. @default 8 */
  readonly blankRange?: number;
}

/** One image of the data. */
export interface AuditImage {
  /** `train` for a data set without splits. */
  readonly split: SplitName;
  /** 0-based, within its split. */
  readonly row: number;
  /** Name of its class. */
  readonly label: string;
  readonly id?: string;
}

/** Images that are the same, or nearly. */
export interface DuplicateGroup {
  /** Two or more, in the order of the data. */
  readonly images: readonly AuditImage[];
  /** Largest root mean square difference of the pairs that tie the group together; 0 where all are the same. */
  readonly distance: number;
  /** Whether it reaches over splits: what is tested on has been learned. */
  readonly acrossSplits: boolean;
  /** Whether the labels differ. */
  readonly conflict: boolean;
}

/** What {@link audit} found. Blank images are in no group. */
export interface AuditReport {
  /** How many images were looked at. */
  readonly images: number;
  /** Images of the very same pixels. */
  readonly exact: readonly DuplicateGroup[];
  /** Groups of near duplicates, each with at least two different images; the exact duplicates of these are in it too. */
  readonly near: readonly DuplicateGroup[];
  /** Images of (nearly) one value. */
  readonly blank: readonly AuditImage[];
}

/**
 * Looks for what makes a measurement wrong: images that are there twice, within a split or across, with other labels
 * perhaps, and blank ones. FER2013 has all of these.
 *
 * The search is exact, not hashed: a pair is passed over only where a lower bound of its difference, from the means of
 * the images and of their 4×4 parts, is beyond `nearDistance` already. Groups are what pairs chain together.
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
  const { nearDistance = 6, blankRange = 8, signal, onProgress } = options;
  for (const [name, value] of Object.entries({ nearDistance, blankRange })) {
    if (!(value >= 0)) throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: it must be a number from 0.`);
  }
  const entries = splitEntries(data);
  const rows = entries.flatMap(([split, dataset]) => {
    checkDataset(dataset);
    return Array.from({ length: dataset.n }, (_, row): AuditImage => {
      const id = dataset.ids?.[row];
      return { split, row, label: dataset.classes[dataset.labels[row]], ...(id === undefined ? {} : { id }) };
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
  // One of each set of twins.
  const search = new NearSearch(
    table,
    twins.map(([first]) => first),
    nearDistance,
  );
  for (let step = 0; step < search.steps; step++) {
    if (step % AT_A_TIME === 0) {
      await breathe(signal);
      onProgress?.({ kind: 'transform', done: step, total: search.steps });
    }
    for (const [a, b, distance] of search.pairs(step)) {
      const [x, y] = [find(a), find(b)];
      if (x === y) continue;
      parent[Math.max(x, y)] = Math.min(x, y);
      largest[Math.min(x, y)] = Math.max(largest[x], largest[y], distance);
    }
  }
  onProgress?.({ kind: 'transform', done: search.steps, total: search.steps });
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
