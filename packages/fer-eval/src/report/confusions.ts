import type { ConfusionMatrix } from '../metrics/confusion.js';
import { topConfusions } from '../metrics/topConfusions.js';
import { count, percent } from './format.js';

/**
 * Describes the main confusions in a sentence: "30 % of disgust is taken for angry (17 of 56); …". Returns `undefined`
 * if there are none.
 */
export function confusionSentence(matrix: ConfusionMatrix): string | undefined {
  const found = topConfusions(matrix).map(
    ({ actual, predicted, count: rows, support, share }) =>
      `${percent(share, 0)} of ${actual} is taken for ${predicted} (${count(rows)} of ${count(support)})`,
  );
  if (found.length === 0) return undefined;
  const last = found.length - 1;
  return `Most often confused: ${found.slice(0, last).join(', ')}${last > 0 ? ' and ' : ''}${found[last]}.`;
}
