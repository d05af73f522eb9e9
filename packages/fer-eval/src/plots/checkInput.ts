import { checkArray, checkClassNames, checkObject, checkObjects, checkOptions, FerError, sameClasses } from 'fer-core';
import { checkDifferent, checkNamed } from '../arguments/names.js';
import { checkFinite, checkFraction, checkRange, checkWhole } from '../arguments/numbers.js';
import { checkCounted, rowSums, sum } from '../metrics/confusion.js';
import type { Evaluation } from '../metrics/evaluate.js';
import { PROBABILITY_TOLERANCE } from '../metrics/predictions.js';
import type { Interval } from '../statistics/wilson.js';
import type { ClassCounts, NamedEvaluation, ReferenceAccuracy } from './plotInput.js';

const EVALUATIONS = 'give a list of { name, evaluation }, each as evaluate returns it';

/**
 * Checks that an argument is a list of evaluations with names.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkEvaluations(evaluations: readonly NamedEvaluation[]): void {
  checkNamed('the evaluations', evaluations, EVALUATIONS);
  if (evaluations.length === 0) throw new FerError('INVALID_ARGUMENT', `there are no evaluations: ${EVALUATIONS}.`);
  for (const { name, evaluation } of evaluations) checkEvaluation(name, evaluation);
}

/**
 * Checks as {@link checkEvaluations}, and that the names differ, so that each has marks of its own in a plot.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkSeries(evaluations: readonly NamedEvaluation[]): void {
  checkDifferent('the evaluations', evaluations, EVALUATIONS);
  checkEvaluations(evaluations);
}

/**
 * Checks that a value is what `evaluate` returns: its figures, their ranges, and that the classes have the support that
 * the confusion matrix says.
 *
 * @throws FerError `INVALID_ARGUMENT`, or `INVALID_DATA` for a confusion matrix that is none or has no rows.
 */
function checkEvaluation(name: string, evaluation: Evaluation): void {
  const advice = 'give what evaluate returns';
  checkObject(`the evaluation of ${name}`, evaluation, advice);
  const { accuracy, accuracyInterval, balancedAccuracy, confusion, perClass, macro, weighted, calibration } =
    evaluation;
  checkFraction(`the accuracy of ${name}`, accuracy);
  checkInterval(`the accuracyInterval of ${name}`, accuracyInterval, checkFraction);
  checkFraction(`the balancedAccuracy of ${name}`, balancedAccuracy);
  for (const [part, averages] of Object.entries({ macro, weighted })) {
    checkObject(`${part} of ${name}`, averages, advice);
    checkPrecisionRecall(`${part} of ${name}`, averages);
  }
  checkCounted(confusion);
  const support = rowSums(confusion.counts);
  checkObjects(`perClass of ${name}`, perClass, advice);
  const contradicted =
    perClass.length !== support.length ||
    perClass.some((metrics, j) => metrics.support !== support[j]) ||
    evaluation.n !== sum(support);
  if (contradicted) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the evaluation of ${name} has other counts in n or perClass than in its confusion matrix: ${advice}.`,
    );
  }
  for (const [j, metrics] of perClass.entries()) {
    const what = `class ${confusion.classes[j]} of ${name}`;
    checkPrecisionRecall(what, metrics);
    if (metrics.errorRate !== null) checkFraction(`the errorRate of ${what}`, metrics.errorRate);
  }
  if (calibration !== undefined) checkCalibration(name, evaluation);
}

function checkPrecisionRecall(name: string, { precision, recall, f1 }: Evaluation['macro']): void {
  for (const [figure, value] of Object.entries({ precision, recall, f1 })) {
    checkFraction(`the ${figure} of ${name}`, value);
  }
}

function checkCalibration(name: string, { calibration, logLoss }: Evaluation): void {
  const advice = 'give what evaluate returns';
  checkObject(`the calibration of ${name}`, calibration, advice);
  const { expectedError, maximumError, bins } = calibration as NonNullable<Evaluation['calibration']>;
  const most = 1 + PROBABILITY_TOLERANCE;
  checkRange(`the expectedError of ${name}`, expectedError, 0, most);
  checkRange(`the maximumError of ${name}`, maximumError, 0, most);
  checkFinite(`the logLoss of ${name}`, logLoss);
  checkObjects(`the bins of ${name}`, bins, advice);
  for (const { count, confidence, accuracy } of bins) {
    checkWhole(`the count of a bin of ${name}`, count, 0);
    if (count === 0) continue;
    checkRange(`the confidence of a bin of ${name}`, confidence, 0, most);
    checkFraction(`the accuracy of a bin of ${name}`, accuracy);
  }
}

/**
 * Checks the two ends of an interval.
 *
 * @param check - Checks one end.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkInterval(
  name: string,
  interval: Interval | null,
  check: (name: string, value: unknown) => void,
): void {
  checkObject(name, interval, 'give { low, high }');
  const { low, high } = interval;
  check(`low of ${name}`, low);
  check(`high of ${name}`, high);
  checkOrder(name, low, high);
}

/** @throws FerError `INVALID_ARGUMENT` for a low end above the high one. */
function checkOrder(name: string, low: number, high: number): void {
  if (low <= high) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is from ${low} to ${high}: give the lower end first.`);
}

/**
 * Checks two fractions, the lower one first.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkFractions(name: string, ends: readonly [low: number, high: number]): void {
  checkArray(`the ends of ${name}`, ends);
  checkFraction(`the first end of ${name}`, ends[0]);
  checkFraction(`the second end of ${name}`, ends[1]);
  checkOrder(name, ends[0], ends[1]);
}

/**
 * Checks that an argument is a list of known accuracies.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkReferences(references: readonly ReferenceAccuracy[]): void {
  checkNamed('the references', references, 'give a list of { name, accuracy }');
  for (const reference of references) {
    const { name, accuracy, range } = reference;
    checkOptions(`the reference ${name}`, reference, ['name', 'accuracy', 'range']);
    checkFraction(`the accuracy of the reference ${name}`, accuracy);
    if (range !== undefined) checkFractions(`the range of the reference ${name}`, range);
  }
}

/**
 * Checks the counts of the classes of some splits.
 *
 * @throws FerError `INVALID_ARGUMENT` where they are no counts, or `INVALID_DATA` for classes that are no names.
 */
export function checkClassCounts(classes: readonly string[], splits: readonly ClassCounts[]): void {
  checkClassNames(classes);
  checkDifferent('the splits', splits, 'give { name, counts }');
  for (const { name, counts } of splits) {
    checkArray(`the counts of ${name}`, counts);
    if (counts.length !== classes.length) {
      const message = `split "${name}" has ${counts.length} counts for ${classes.length} classes: give one a class.`;
      throw new FerError('INVALID_ARGUMENT', message);
    }
    for (const [j, className] of classes.entries()) checkWhole(`the count of ${className} in ${name}`, counts[j], 0);
  }
}

/**
 * Checks that evaluations have the same classes, in the same order.
 *
 * @throws FerError `INVALID_DATA`, naming the first that has others.
 */
export function checkSameClasses(evaluations: readonly NamedEvaluation[]): void {
  const { classes } = evaluations[0].evaluation.confusion;
  const other = evaluations.find(({ evaluation }) => !sameClasses(evaluation.confusion.classes, classes));
  if (!other) return;
  throw new FerError(
    'INVALID_DATA',
    `the evaluation of ${other.name} has other classes than that of ${evaluations[0].name}: evaluate both on the same.`,
  );
}
