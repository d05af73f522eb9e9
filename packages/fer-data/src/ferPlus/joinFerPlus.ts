import {
  checkBoolean,
  checkDataset,
  checkOptions,
  type Dataset,
  describeValue,
  FER2013_CLASSES,
  FerError,
  sameClasses,
  selectRows,
} from 'fer-core';
import type { Fer2013 } from '../fer2013/fer2013.js';
import { USAGES } from '../fer2013/fer2013Record.js';
import { SPLIT_NAMES, type SplitName, type Splits } from '../sampling/splits.js';
import {
  type FerPlusLabels,
  type FerPlusMode,
  type FerPlusOptions,
  ferPlusLabels,
  LABEL_OPTIONS,
} from './ferPlusLabels.js';
import { checkVotes, type FerPlusVotes } from './ferPlusVotes.js';

/** Options of {@link joinFerPlus}. */
export interface JoinFerPlusOptions extends FerPlusOptions {
  /**
   * The mode of the two test splits. The paper reports accuracies on majority labels for every mode of training.
   * @default 'majority'
   */
  readonly testMode?: FerPlusMode | undefined;
  /**
   * Whether to accept data that are only a part of the csv (a `limit`, a subset, a file without PrivateTest). Rows are
   * then matched by their number and Usage alone.
   * @default false
   */
  readonly partial?: boolean | undefined;
}

/** A face that has no label in FER+. */
export interface DroppedRow {
  /** 1-based number of the record in both files. The header is record 1. */
  readonly row: number;
  /** Why it was dropped. */
  readonly verdict: Exclude<FerPlusLabels['verdicts'][number], 'kept'>;
}

/** The faces of FER2013 with the labels of FER+. */
export interface FerPlus extends Splits {
  /** The rows without a label. */
  readonly dropped: readonly DroppedRow[];
}

/** Fewer rows than this don't show how well labels agree. */
const ENOUGH_ROWS = 100;
/**
 * Smallest accepted Cohen's kappa between the labels of FER2013 and FER+. It is about 0 if the rows are different faces,
 * and far higher if they are the same faces labelled by other people.
 */
const LEAST_KAPPA = 0.25;

/**
 * Gives the faces of FER2013 the labels of FER+, joined by row: the file of FER+ has a row for each row of the original
 * fer2013.csv, in the same order. Rows keep their `ids`.
 *
 * @param data - From `loadFer2013` or `parseFer2013`. Is not changed; the result is a copy.
 * @param votes - From `loadFerPlus` or {@link parseFerPlus}.
 * @throws FerError `INVALID_DATA` if the files don't belong together: different lengths, another order of Usage, or labels
 *   that agree no more often than by chance (a shuffled csv); also if the `ids` of the data aren't row numbers or their
 *   classes aren't those of FER2013.
 *
 * @example
 * ```ts
 * const { train, privateTest } = joinFerPlus(await loadFer2013('fer2013.csv'), await loadFerPlus('fer2013new.csv'));
 * ```
 */
export function joinFerPlus(
  data: Splits & Partial<Pick<Fer2013, 'skipped'>>,
  votes: FerPlusVotes,
  options: JoinFerPlusOptions = {},
): FerPlus {
  checkOptions('joinFerPlus', options, ['testMode', 'partial', ...LABEL_OPTIONS]);
  const { mode = 'majority', testMode = 'majority', partial = false } = options;
  const { contempt, removeOutliers, seed } = options;
  const labelOptions = { contempt, removeOutliers, seed };
  checkBoolean('partial', partial);
  checkVotes(votes);
  if (typeof data !== 'object' || data === null || !('train' in data)) {
    throw new FerError('INVALID_DATA', `the faces are ${describeValue(data)}: give the result of loadFer2013.`);
  }
  const rows = SPLIT_NAMES.map((name, usage) => rowsOf(data[name], votes, usage));
  const n = rows.reduce((sum, found) => sum + found.length, 0) + (data.skipped?.length ?? 0);
  if (n !== votes.n && !partial) {
    throw new FerError(
      'INVALID_DATA',
      `it has ${votes.n} rows, the faces ${n}: give the whole fer2013.csv, or set the option partial.`,
      { file: votes.file },
    );
  }
  const majority = ferPlusLabels(votes);
  SPLIT_NAMES.forEach((name, usage) => {
    if (data[name]) checkAgreement(name, data[name], rows[usage], majority, votes.file);
  });

  const forTraining = ferPlusLabels(votes, { ...labelOptions, mode });
  const forTests = ferPlusLabels(votes, { ...labelOptions, mode: testMode });
  const dropped: DroppedRow[] = [];
  const [train, publicTest, privateTest] = SPLIT_NAMES.map((name, usage) => {
    const dataset = data[name];
    return dataset && relabel(dataset, rows[usage], usage === 0 ? forTraining : forTests, dropped);
  });
  return { train: train!, publicTest, privateTest, dropped: dropped.sort((a, b) => a.row - b.row) };
}

/** For each face of a split, its 0-based row in FER+. */
function rowsOf(dataset: Dataset | undefined, votes: FerPlusVotes, usage: number): number[] {
  if (!dataset || dataset.n === 0) return [];
  checkDataset(dataset);
  const { ids, classes } = dataset;
  if (!sameClasses(classes, FER2013_CLASSES)) {
    throw new FerError(
      'INVALID_DATA',
      `the faces' classes are [${classes.join(', ')}]: join FER+ to FER2013 as loaded.`,
    );
  }
  const seen = new Set<number>();
  return Array.from({ length: dataset.n }, (_, i) => {
    const id = ids?.[i] ?? '';
    const row = Number(id) - 2;
    if (!/^\d+$/.test(id) || seen.has(row)) {
      throw new FerError(
        'INVALID_DATA',
        `the face's id "${id}" is not a row number of its own: join FER+ to FER2013 as loaded.`,
      );
    }
    seen.add(row);
    const place = { file: votes.file, row: row + 2, column: 'Usage' };
    if (!(row >= 0 && row < votes.n)) {
      throw new FerError('INVALID_DATA', `there is no such row, only ${votes.n + 1}: is the file cut off?`, place);
    }
    if (votes.usages[row] !== usage) {
      const [found, expected] = [USAGES[votes.usages[row]], USAGES[usage]];
      const message = `${found}, but the csv has ${expected}: the files are in different orders.`;
      throw new FerError('INVALID_DATA', message, place);
    }
    return row;
  });
}

/**
 * Checks that the labels of a split and those of FER+ agree more often than by chance.
 *
 * @throws FerError `INVALID_DATA`
 */
function checkAgreement(
  name: SplitName,
  dataset: Dataset,
  rows: readonly number[],
  { labels, verdicts }: FerPlusLabels,
  file: string,
): void {
  const k = FER2013_CLASSES.length;
  const [given, told] = [new Float64Array(k), new Float64Array(k)];
  let [n, agreed] = [0, 0];
  rows.forEach((row, i) => {
    if (verdicts[row] !== 'kept' || labels[row] >= k) return;
    const label = dataset.labels[i];
    n++;
    agreed += Number(label === labels[row]);
    given[label]++;
    told[labels[row]]++;
  });
  if (n < ENOUGH_ROWS) return;
  const chance = given.reduce((sum, count, c) => sum + (count / n) * (told[c] / n), 0);
  if (chance === 1 || (agreed / n - chance) / (1 - chance) >= LEAST_KAPPA) return;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  throw new FerError(
    'INVALID_DATA',
    `its labels agree with those of ${name} on ${percent(agreed / n)} of the rows, and would on ${percent(chance)} by ` +
      'chance: one file is in another order. Give fer2013.csv in its original order.',
    { file },
  );
}

function relabel(
  dataset: Dataset,
  rows: readonly number[],
  { labels, classes, soft, verdicts }: FerPlusLabels,
  dropped: DroppedRow[],
): Dataset {
  const k = classes.length;
  const kept: number[] = [];
  rows.forEach((row, i) => {
    const verdict = verdicts[row];
    if (verdict === 'kept') kept.push(i);
    else dropped.push({ row: row + 2, verdict });
  });
  const chosen = selectRows(dataset, kept);
  const softOfKept = soft && new Float32Array(kept.length * k);
  kept.forEach((i, j) => {
    softOfKept?.set(soft!.subarray(rows[i] * k, (rows[i] + 1) * k), j * k);
  });
  return { ...chosen, labels: Uint8Array.from(kept, (i) => labels[rows[i]]), classes, soft: softOfKept };
}
