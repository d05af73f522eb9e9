import type { Fitted } from './fitted.js';

/** A non-decreasing function: straight lines between its points, constant beyond the first and the last. */
export interface Isotonic {
  /** In ascending order. */
  readonly scores: readonly number[];
  /** One probability (0..1) per score, non-decreasing. */
  readonly probabilities: readonly number[];
}

/**
 * Fits the non-decreasing function of the scores that is closest to the labels (Zadrozny & Elkan, Transforming
 * Classifier Scores into Accurate Multiclass Probability Estimates, 2002), by pooling adjacent violators. Rows with
 * equal scores are replaced by their mean. Same result as scikit-learn's IsotonicRegression(out_of_bounds='clip').
 *
 * @param positive - Whether a row belongs to the class.
 */
export function fitIsotonic(scores: Float64Array, positive: (row: number) => boolean): Fitted<Isotonic> {
  const order = Array.from(scores.keys()).sort((i, j) => scores[i] - scores[j]);
  /** Runs of scores that share one value: mean label, number of rows, first and last score. */
  const blocks: { mean: number; rows: number; first: number; last: number }[] = [];
  for (let at = 0; at < order.length; ) {
    const score = scores[order[at]];
    let [rows, hits] = [0, 0];
    for (; at < order.length && scores[order[at]] === score; at++) {
      rows++;
      if (positive(order[at])) hits++;
    }
    let block = { mean: hits / rows, rows, first: score, last: score };
    for (let below = blocks.at(-1); below && below.mean >= block.mean; below = blocks.at(-1)) {
      blocks.pop();
      const sum = below.mean * below.rows + block.mean * block.rows;
      block = { mean: sum / (below.rows + block.rows), rows: below.rows + block.rows, first: below.first, last: score };
    }
    blocks.push(block);
  }
  const ends = blocks.flatMap(({ mean, first, last }) =>
    first === last
      ? [[first, mean]]
      : [
          [first, mean],
          [last, mean],
        ],
  );
  const model = { scores: ends.map(([score]) => score), probabilities: ends.map(([, mean]) => mean) };
  // Σ (label − mean)² of 0s and 1s.
  const objective = blocks.reduce((sum, { mean, rows }) => sum + rows * mean * (1 - mean), 0);
  return { model, iterations: 1, converged: true, objective };
}

/** The probability of one score. */
export function isotonicAt({ scores, probabilities }: Isotonic, score: number): number {
  const last = scores.length - 1;
  if (score <= scores[0]) return probabilities[0];
  if (score >= scores[last]) return probabilities[last];
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (scores[middle] <= score) low = middle;
    else high = middle;
  }
  const share = (score - scores[low]) / (scores[high] - scores[low]);
  return probabilities[low] + share * (probabilities[high] - probabilities[low]);
}
