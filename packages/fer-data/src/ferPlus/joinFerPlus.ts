import { type Dataset, FER2013_CLASSES, FerError, sameClasses, selectRows } from 'fer-core';
import type { Fer2013 } from '../fer2013/fer2013.js';
import { USAGES } from '../fer2013/fer2013Record.js';
import { SPLIT_NAMES, type SplitName, type Splits } from '../sampling/splits.js';
import { type FerPlusLabels, type FerPlusMode, type FerPlusOptions, ferPlusLabels } from './ferPlusLabels.js';
import type { FerPlusVotes } from './ferPlusVotes.js';

/** Options of {@link joinFerPlus}. */
export interface JoinFerPlusOptions extends FerPlusOptions {
  /**
   * The mode for the two test sets. The paper reports on majority labels whatever the training.
   * @default 'majority'
   */
  readonly testMode?: FerPlusMode;
  /**
   * Take data that are part of the csv (a `limit`, a subset, a file without PrivateTest): rows are then matched by
   * their number and Usage alone.
   * @default false
   */
  readonly partial?: boolean;
}

/** A face that has no label in FER+. */
export interface DroppedRow {
  /** 1-based record of both files, their headers included. */
  readonly row: number;
  /** Why. */
  readonly verdict: Exclude<FerPlusLabels['verdicts'][number], 'kept'>;
}

/** FER2013's faces with FER+'s labels. */
export interface FerPlus extends Splits {
  /** The rows left out. */
  readonly dropped: readonly DroppedRow[];
}

/** Fewer rows than this say nothing about how well labels agree. */
const ENOUGH_ROWS = 100;
/**
 * Least Cohen's kappa of FER2013's labels and FER+'s. It is 0 where the rows are other faces; labels of the same faces,
 * though other people gave them, agree far more often.
 */
const LEAST_KAPPA = 0.25;

/**
 * Gives FER2013's faces the labels of FER+, joined by row: FER+'s file has a row for each of the original fer2013.csv,
 * in its order. `ids` remain.
 *
 * @param data - As `loadFer2013` or `parseFer2013` give it. Is not changed; the result is a copy.
 * @param votes - As `loadFerPlus` or {@link parseFerPlus} give it.
 * @throws FerError `INVALID_DATA` where the files do not belong together: other lengths, another order of Usage, or
 * labels that agree no more often than chance, as they do where a csv was shuffled; and where the data's `ids` are no
 * row numbers or their classes not FER2013's.
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
  const { mode = 'majority', testMode = 'majority', partial = false } = options;
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

  const forTraining = ferPlusLabels(votes, { ...options, mode });
  const forTests = ferPlusLabels(votes, { ...options, mode: testMode });
  const dropped: DroppedRow[] = [];
  const [train, publicTest, privateTest] = SPLIT_NAMES.map((name, usage) => {
    const dataset = data[name];
    return dataset && relabel(dataset, rows[usage], usage === 0 ? forTraining : forTests, dropped);
  });
  return { train: train!, publicTest, privateTest, dropped: dropped.sort((a, b) => a.row - b.row) };
}

/** The 0-based rows of FER+ of a set's faces. */
function rowsOf(dataset: Dataset | undefined, votes: FerPlusVotes, usage: number): number[] {
  if (!dataset || dataset.n === 0) return [];
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
        `the face's id "${id}" is not its own row of the csv: join FER+ to the csv as loaded.`,
      );
    }
    seen.add(row);
    const place = { file: votes.file, row: row + 2, column: 'Usage' };
    if (!(row >= 0 && row < votes.n)) {
      throw new FerError('INVALID_DATA', `there is no such row, only ${votes.n + 1}: is the file cut off?`, place);
    }
    if (votes.usages[row] !== usage) {
      const [found, expected] = [USAGES[votes.usages[row]], USAGES[usage]];
      const message = `${found}, where the csv has ${expected}: the files are in different orders.`;
      throw new FerError('INVALID_DATA', message, place);
    }
    return row;
  });
}

/** @throws FerError `INVALID_DATA` where a set's own labels and FER+'s agree no more often than chance. */
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
    `its labels agree with those of ${name} on ${percent(agreed / n)} of the rows, where chance alone gives ` +
      `${percent(chance)}: the rows of one are in another order. Give fer2013.csv in its original order.`,
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
