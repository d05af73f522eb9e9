import { checkBoolean, checkChoice, checkOptions, FER2013_CLASSES, type Labels, Random } from 'fer-core';
import { drawLabels } from './drawLabels.js';
import { checkVotes, FER_PLUS_CHOICES, type FerPlusVotes } from './ferPlusVotes.js';

/** How votes become labels. See {@link FerPlusOptions.mode}. */
export type FerPlusMode = 'majority' | 'probability' | 'crossEntropy';

/** Options of {@link ferPlusLabels}. */
export interface FerPlusOptions {
  /**
   * - `majority`: the choice with more than half of the votes. Rows without one are dropped.
   * - `crossEntropy`: soft labels, the shares of the leading choices (at most three). `labels` are the first of these.
   *   Rows in which the leading choices have no more than half of the votes are dropped.
   * - `probability`: a label drawn from those shares. The paper draws labels again in each epoch: see {@link drawLabels}.
   * @default 'majority'
   */
  readonly mode?: FerPlusMode | undefined;
  /**
   * Whether contempt is a class, the eighth. If not, rows that it leads are dropped, and the other shares are rescaled.
   * @default true
   */
  readonly contempt?: boolean | undefined;
  /**
   * Whether to ignore choices with a single vote.
   * @default true
   */
  readonly removeOutliers?: boolean | undefined;
  /**
   * Seed of the labels drawn by `probability`.
   * @default 0
   */
  readonly seed?: number | string | undefined;
}

/** The names of {@link FerPlusOptions}. */
export const LABEL_OPTIONS = ['mode', 'contempt', 'removeOutliers', 'seed'];

/** Whether a row has a label, or why not. */
export type FerPlusVerdict =
  /** It has a label. */
  | 'kept'
  /** The votes are too scattered. */
  | 'undecided'
  /** `unknown` leads. */
  | 'unknown'
  /** `NF` (not a face) leads, or the row has no image name. */
  | 'notFace'
  /** Contempt leads, and is not a class. */
  | 'contempt';

/** The labels of FER+. A row that is not kept has the label 0 and soft labels of all 0. */
export interface FerPlusLabels extends Labels {
  /** n verdicts. */
  readonly verdicts: readonly FerPlusVerdict[];
}

const CHOICES = FER_PLUS_CHOICES.length;
const EMOTIONS = 8;
const CONTEMPT = 7;
/** For each of the first eight choices of FER+, its class in the order of FER2013, with contempt last. */
const CLASS_OF = [6, 3, 5, 4, 0, 1, 2, 7] as const;

/**
 * Computes labels from the votes of FER+, exactly as the code of its authors does (Barsoum, Zhang, Canton Ferrer &
 * Zhang, 2016, arXiv 1608.01041): choices with a single vote are ignored, and rows led by unknown or not-a-face are
 * dropped. The classes are those of FER2013, in its order, then contempt.
 *
 * @throws FerError `INVALID_ARGUMENT` for another mode.
 *
 * @example
 * ```ts
 * const { labels, classes, verdicts } = ferPlusLabels(await loadFerPlus('fer2013new.csv'), { mode: 'majority' });
 * const undecided = verdicts.filter((verdict) => verdict === 'undecided').length;
 * ```
 */
export function ferPlusLabels(ferPlus: FerPlusVotes, options: FerPlusOptions = {}): FerPlusLabels {
  checkOptions('ferPlusLabels', options, LABEL_OPTIONS);
  const { mode = 'majority', contempt = true, removeOutliers = true, seed = 0 } = options;
  checkChoice('mode', mode, ['majority', 'probability', 'crossEntropy']);
  checkBoolean('contempt', contempt);
  checkBoolean('removeOutliers', removeOutliers);
  checkVotes(ferPlus);
  const random = new Random(seed).split('ferPlus');
  const { n, votes, names } = ferPlus;
  const k = contempt ? EMOTIONS : EMOTIONS - 1;
  const classes = [...FER2013_CLASSES, 'contempt'].slice(0, k);
  const labels = new Uint8Array(n);
  const soft = new Float32Array(n * k);
  const verdicts: FerPlusVerdict[] = [];
  for (let i = 0; i < n; i++) {
    const cast = Array.from(votes.subarray(i * CHOICES, (i + 1) * CHOICES), (count) =>
      removeOutliers && count === 1 ? 0 : count,
    );
    const counted = mode === 'majority' ? majority(cast) : leaders(cast);
    const verdict = names[i] === '' ? 'notFace' : judge(counted, contempt);
    verdicts.push(verdict);
    if (verdict !== 'kept') continue;
    labels[i] = CLASS_OF[firstLargest(counted)];
    const shares = counted.slice(0, k);
    const total = sum(shares);
    for (let choice = 0; choice < k; choice++) soft[i * k + CLASS_OF[choice]] = shares[choice] / total;
  }
  if (mode === 'majority') return { labels, classes, verdicts };
  if (mode === 'crossEntropy') return { labels, classes, soft, verdicts };
  return { ...drawLabels({ labels, classes, soft }, random), verdicts };
}

/** The votes, with all choices but the one with more than half of them set to 0. All 0 if there is none. */
function majority(cast: readonly number[]): number[] {
  const leader = firstLargest(cast);
  return cast.map((count, choice) => (choice === leader && count > 0.5 * sum(cast) ? count : 0));
}

/**
 * The votes, with all choices but the leading ones set to 0. Choices with equal votes are taken together, until the
 * choices taken have three quarters of all votes, or are three, or one of them is unknown or not-a-face; that one counts
 * only if it comes first. All 0 if the choices taken have no more than half of the votes, or are more than three.
 */
function leaders(cast: readonly number[]): number[] {
  const total = sum(cast);
  const left = [...cast];
  const taken = cast.map(() => 0);
  let votesTaken = 0;
  let choicesTaken = 0;
  let emotional = true;
  while (votesTaken < 0.75 * total && choicesTaken < 3 && emotional) {
    const most = Math.max(...left);
    for (let choice = 0; choice < CHOICES && emotional; choice++) {
      if (left[choice] !== most) continue;
      left[choice] = 0;
      votesTaken += most;
      emotional = choice < EMOTIONS;
      if (!emotional && choicesTaken > 0) continue;
      taken[choice] = most;
      choicesTaken++;
    }
  }
  return sum(taken) > 0.5 * total && choicesTaken <= 3 ? taken : cast.map(() => 0);
}

function judge(counted: readonly number[], contempt: boolean): FerPlusVerdict {
  const leader = firstLargest(counted);
  if (counted[leader] === 0) return 'undecided';
  if (leader >= EMOTIONS) return leader === EMOTIONS ? 'unknown' : 'notFace';
  return leader === CONTEMPT && !contempt ? 'contempt' : 'kept';
}

function firstLargest(counts: readonly number[]): number {
  return counts.indexOf(Math.max(...counts));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
