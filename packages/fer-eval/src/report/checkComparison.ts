import { checkObject, checkString, describeValue, FerError } from 'fer-core';
import { checkDifferent } from '../arguments/names.js';
import { checkFraction, checkRange, checkWhole } from '../arguments/numbers.js';
import type { ComparedClassifier, Comparison, Verdict } from '../comparison/compare.js';
import { checkInterval } from '../plots/checkInput.js';

const VERDICTS = ['baseline', 'better', 'worse', 'undecided'] as const satisfies readonly Verdict[];
const ADVICE = 'give what compare returns';

/**
 * Checks that a value is what `compare` returns.
 *
 * @param split - The split that was compared on, for the message.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkComparison(split: string, comparison: Comparison): void {
  checkObject(`the comparison on ${split}`, comparison, ADVICE);
  const { n, baseline, classifiers } = comparison;
  checkWhole(`n of the comparison on ${split}`, n, 1);
  checkString(`the baseline of the comparison on ${split}`, baseline);
  checkDifferent(`the classifiers of the comparison on ${split}`, classifiers, ADVICE);
  for (const classifier of classifiers) {
    checkClassifier(`${classifier.name} in the comparison on ${split}`, classifier, baseline);
  }
  if (classifiers.some(({ name }) => name === baseline)) return;
  throw new FerError('INVALID_ARGUMENT', `the baseline "${baseline}" is not in the comparison on ${split}: ${ADVICE}.`);
}

function checkClassifier(what: string, classifier: ComparedClassifier, baseline: string): void {
  const { name, accuracy, difference, differenceInterval, adjustedPValue, verdict } = classifier;
  checkFraction(`the accuracy of ${what}`, accuracy);
  checkDifference(`the difference of ${what}`, difference);
  if (!VERDICTS.includes(verdict) || (verdict === 'baseline') !== (name === baseline)) {
    const given = typeof verdict === 'string' ? `"${verdict}"` : describeValue(verdict);
    throw new FerError('INVALID_ARGUMENT', `the verdict of ${what} is ${given}: ${ADVICE}.`);
  }
  // The baseline isn't compared with itself.
  if (verdict === 'baseline') return;
  checkInterval(`the differenceInterval of ${what}`, differenceInterval, checkDifference);
  checkFraction(`the adjustedPValue of ${what}`, adjustedPValue);
}

function checkDifference(name: string, value: unknown): void {
  checkRange(name, value, -1, 1);
}
