import { checkArray, checkObject, checkOptions, checkString, FerError, RUN_OPTIONS } from 'fer-core';
import { checkDifferent } from '../arguments/names.js';
import { checkPredictions, type Predictions } from '../metrics/predictions.js';
import { type BootstrapOptions, checkResampling } from '../statistics/bootstrap.js';
import { holmCorrection } from '../statistics/holm.js';
import { mcnemarTest } from '../statistics/mcnemar.js';
import { pairedBootstrap } from '../statistics/pairedBootstrap.js';
import { type Interval, wilsonInterval } from '../statistics/wilson.js';

/** The input of {@link compare}: predictions of several classifiers for the same rows. */
export interface CompareInput extends Omit<Predictions, 'predicted'> {
  readonly predictions: readonly {
    /** A unique name. */
    readonly name: string;
    /** n class indices. */
    readonly predicted: ArrayLike<number>;
  }[];
}

/** Options of {@link compare}. */
export interface CompareOptions extends BootstrapOptions {
  /**
   * The name of the classifier to compare the others with.
   *
   * @default the most accurate one; the first in a tie
   */
  readonly baseline?: string | undefined;
}

/**
 * The result of comparing a classifier with the baseline. `undecided` means that the corrected p-value is not below 1 −
 * confidence, so the data don't show a difference.
 */
export type Verdict = 'baseline' | 'better' | 'worse' | 'undecided';

/** One classifier of a {@link Comparison}. */
export interface ComparedClassifier {
  readonly name: string;
  readonly correct: number;
  /** 0..1. */
  readonly accuracy: number;
  /** Wilson interval of the accuracy. */
  readonly interval: Interval;
  /** Accuracy minus the baseline's. */
  readonly difference: number;
  /** Paired BCa bootstrap interval of the difference; `null` for the baseline. */
  readonly differenceInterval: Interval | null;
  /** Number of rows that this classifier got right and the baseline did not. */
  readonly onlyThis: number;
  /** Number of rows that the baseline got right and this classifier did not. */
  readonly onlyBaseline: number;
  /** p-value of McNemar's exact test; `null` for the baseline. */
  readonly pValue: number | null;
  /** The p-value, corrected by Holm for the number of comparisons. */
  readonly adjustedPValue: number | null;
  readonly verdict: Verdict;
}

/** A comparison of classifiers with a baseline on the same rows, as plain JSON. */
export interface Comparison {
  /** Number of rows. */
  readonly n: number;
  readonly baseline: string;
  readonly confidence: number;
  /** In the order of the input. */
  readonly classifiers: readonly ComparedClassifier[];
}

/**
 * Compares classifiers with a baseline on the same rows. For each it computes the accuracy with its interval, the
 * difference with its interval, McNemar's exact test corrected by Holm, and a verdict. Paired tests are more sensitive
 * than comparing two intervals, because classifiers err on many of the same images.
 *
 * The tests account for the random choice of test images, but not for the randomness of training: for that, repeat with
 * several seeds.
 *
 * @throws FerError `INVALID_DATA` as `evaluate`; `INVALID_ARGUMENT` for no predictions, missing or duplicate names, an
 *   unknown baseline, or an option that is out of range.
 *
 * @example
 * ```ts
 * const comparison = await compare(
 *   { actual: test.labels, classes: test.classes, predictions: [{ name: 'softmax', predicted: a }, { name: 'svm', predicted: b }] },
 *   { baseline: 'softmax' },
 * );
 * ```
 */
export async function compare(input: CompareInput, options: CompareOptions = {}): Promise<Comparison> {
  checkOptions('compare', options, ['baseline', 'confidence', 'resamples', 'seed', ...RUN_OPTIONS]);
  const { confidence, resamples, seed, signal } = checkResampling(options);
  const bootstrap = { confidence, resamples, seed, signal };
  checkObject('the input of compare', input, 'give { actual, classes, predictions }');
  const { actual, classes, predictions } = input;
  checkArray('the actual labels', actual);
  checkDifferent('the predictions', predictions, 'give a list of { name, predicted }');
  const n = actual.length;
  const names = predictions.map(({ name }) => name);
  for (const { predicted } of predictions) checkPredictions({ actual, predicted, classes });
  const hits = predictions.map(({ predicted }) =>
    Uint8Array.from({ length: n }, (_, i) => Number(predicted[i] === actual[i])),
  );
  const correct = hits.map((row) => row.reduce((a, b) => a + b, 0));
  const { baseline = names[correct.indexOf(Math.max(...correct))] } = options;
  checkString('baseline', baseline);
  const base = names.indexOf(baseline);
  if (base < 0) {
    throw new FerError('INVALID_ARGUMENT', `baseline "${baseline}" is not among [${names.join(', ')}].`);
  }

  const onlyThis = hits.map((row) => row.reduce((count, hit, i) => count + (hit & ~hits[base][i]), 0));
  const onlyBaseline = hits.map((row) => row.reduce((count, hit, i) => count + (hits[base][i] & ~hit), 0));
  const others = names.map((_, i) => i).filter((i) => i !== base);
  const pValues = names.map((_, i) => mcnemarTest(onlyThis[i], onlyBaseline[i]));
  const corrected = holmCorrection(others.map((i) => pValues[i]));

  const classifiers: ComparedClassifier[] = [];
  for (const [i, name] of names.entries()) {
    const isBase = i === base;
    const adjusted = isBase ? null : corrected[others.indexOf(i)];
    classifiers.push({
      name,
      correct: correct[i],
      accuracy: correct[i] / n,
      interval: wilsonInterval(correct[i], n, { confidence }),
      difference: (correct[i] - correct[base]) / n,
      differenceInterval: isBase ? null : await difference(onlyThis[i], onlyBaseline[i], n, bootstrap),
      onlyThis: onlyThis[i],
      onlyBaseline: onlyBaseline[i],
      pValue: isBase ? null : pValues[i],
      adjustedPValue: adjusted,
      verdict: verdict(adjusted, confidence, correct[i] - correct[base]),
    });
    options.onProgress?.({ kind: 'transform', done: i + 1, total: names.length });
  }
  return { n, baseline, confidence, classifiers };
}

function verdict(adjusted: number | null, confidence: number, difference: number): Verdict {
  if (adjusted === null) return 'baseline';
  if (adjusted >= 1 - confidence) return 'undecided';
  return difference > 0 ? 'better' : 'worse';
}

async function difference(b: number, c: number, n: number, options: BootstrapOptions): Promise<Interval> {
  const { low, high } = await pairedBootstrap(b, c, n, options);
  return { low, high };
}
