import { describeValue, FerError } from 'fer-core';

/** Scores predictions. Larger is better. */
export type ScoringFunction = (actual: Uint8Array, predicted: Uint8Array, classes: readonly string[]) => number;

/**
 * The score that is computed on held-out rows.
 *
 * - `'accuracy'`: the fraction of rows that are predicted correctly.
 * - `'balancedAccuracy'`: the mean recall of the classes that have rows.
 * - `'macroF1'`: the mean F1 of the classes that have rows or predictions; F1 is 0 for a class without correct
 *   predictions.
 * - A function of your own. It must return a finite number.
 *
 * The names correspond to scikit-learn's `accuracy`, `balanced_accuracy` and `f1_macro`.
 */
export type Scoring = 'accuracy' | 'balancedAccuracy' | 'macroF1' | ScoringFunction;

const SCORINGS: Readonly<Record<Exclude<Scoring, ScoringFunction>, ScoringFunction>> = {
  accuracy(actual, predicted) {
    let hits = 0;
    for (let i = 0; i < actual.length; i++) if (actual[i] === predicted[i]) hits++;
    return hits / actual.length;
  },
  balancedAccuracy(actual, predicted, { length: k }) {
    const { hits, rows } = counts(actual, predicted, k);
    return meanOf(hits.keys(), (c) => (rows[c] > 0 ? hits[c] / rows[c] : undefined));
  },
  macroF1(actual, predicted, { length: k }) {
    const { hits, rows, predictions } = counts(actual, predicted, k);
    return meanOf(hits.keys(), (c) => {
      const both = rows[c] + predictions[c];
      return both > 0 ? (2 * hits[c]) / both : undefined;
    });
  },
};

/** @throws FerError `INVALID_ARGUMENT` for an unknown scoring. */
export function resolveScoring(scoring: Scoring = 'accuracy'): ScoringFunction {
  if (typeof scoring === 'function') {
    return (...given) => {
      const score = scoring(...given);
      if (typeof score === 'number' && Number.isFinite(score)) return score;
      throw new FerError(
        'INVALID_ARGUMENT',
        `scoring returned ${describeValue(score)}: it must return a finite number.`,
      );
    };
  }
  if (typeof scoring === 'string' && Object.hasOwn(SCORINGS, scoring)) return SCORINGS[scoring];
  throw new FerError(
    'INVALID_ARGUMENT',
    `scoring is ${describeValue(scoring)}: it must be 'accuracy', 'balancedAccuracy', 'macroF1' or a function.`,
  );
}

function counts(actual: Uint8Array, predicted: Uint8Array, k: number) {
  const [hits, rows, predictions] = [new Uint32Array(k), new Uint32Array(k), new Uint32Array(k)];
  for (let i = 0; i < actual.length; i++) {
    rows[actual[i]]++;
    predictions[predicted[i]]++;
    if (actual[i] === predicted[i]) hits[actual[i]]++;
  }
  return { hits, rows, predictions };
}

/** The mean over the classes that have a value. */
function meanOf(classes: Iterable<number>, value: (c: number) => number | undefined): number {
  let [sum, counted] = [0, 0];
  for (const c of classes) {
    const found = value(c);
    if (found === undefined) continue;
    sum += found;
    counted++;
  }
  return sum / counted;
}

/** The scores of one candidate. */
export interface Scores {
  /** The score on the validation rows, or the mean over folds. */
  readonly score: number;
  /**
   * The standard error of the score. Over folds it is s / √folds, where s is their standard deviation (n − 1). For the
   * accuracy on validation rows it is √(p (1 − p) / rows). `undefined` for any other scoring on validation rows.
   */
  readonly standardError: number | undefined;
  /** The score on each fold, or the single score on the validation rows. */
  readonly scores: readonly number[];
}

/** The mean of the scores of several folds, and its standard error. */
export function summarise(scores: readonly number[]): Scores & { readonly standardError: number } {
  const folds = scores.length;
  const score = scores.reduce((a, b) => a + b, 0) / folds;
  const variance = scores.reduce((sum, each) => sum + (each - score) ** 2, 0) / (folds - 1);
  return { score, standardError: Math.sqrt(variance / folds), scores };
}

/**
 * Returns the index of the best score. If several differ only by rounding (10⁻¹² of their size), it returns the first:
 * means of the same fold scores in another order can differ in the last bit.
 */
export function bestOf(scores: readonly number[]): number {
  const highest = Math.max(...scores);
  return scores.findIndex((score) => highest - score <= 1e-12 * Math.max(1, Math.abs(highest)));
}
