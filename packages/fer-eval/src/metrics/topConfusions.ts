import { checkOptions } from 'fer-core';
import { checkWhole } from '../arguments/numbers.js';
import { type ConfusionMatrix, checkConfusion } from './confusion.js';

/** A class that is often predicted as another. */
export interface Confusion {
  readonly actual: string;
  readonly predicted: string;
  /** Number of rows of the actual class that were predicted as the other. */
  readonly count: number;
  /** Number of rows of the actual class. */
  readonly support: number;
  /** count / support, 0..1. */
  readonly share: number;
}

/** Options of {@link topConfusions}. */
export interface TopConfusionsOptions {
  /** How many to return, at least 1. @default 3 */
  readonly count?: number | undefined;
  /** Confusions with fewer rows are left out, because their fraction is mostly chance. @default 5 */
  readonly least?: number | undefined;
}

/**
 * Returns the most frequent confusions of a confusion matrix as fractions of the actual class, largest first. In a tie,
 * the one with more rows comes first, then the first in the matrix.
 *
 * @throws FerError `INVALID_ARGUMENT` if an option is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const [worst] = topConfusions(evaluation.confusion); // { actual: 'disgust', predicted: 'angry', share: 0.3, … }
 * ```
 */
export function topConfusions(matrix: ConfusionMatrix, options: TopConfusionsOptions = {}): Confusion[] {
  checkConfusion(matrix);
  const { classes, counts } = matrix;
  checkOptions('topConfusions', options, ['count', 'least']);
  const { count = 3, least = 5 } = options;
  checkWhole('count', count, 1);
  checkWhole('least', least, 1);
  const all = counts.flatMap((row, i) => {
    const support = row.reduce((a, b) => a + b, 0);
    return row.flatMap((cell, j): Confusion[] =>
      i === j || cell < least
        ? []
        : [{ actual: classes[i], predicted: classes[j], count: cell, support, share: cell / support }],
    );
  });
  return all.sort((a, b) => b.share - a.share || b.count - a.count).slice(0, count);
}
