import { checkArray, checkClassNames, checkObject, checkObjects, FerError } from 'fer-core';
import { checkConfusion } from '../metrics/confusion.js';
import type { ClassCurves } from '../metrics/rankingCurves.js';
import type { Robustness } from '../robustness/robustness.js';
import type { ClassCounts, FeatureMap, NamedEvaluation, ReferenceAccuracy } from './plotInput.js';

/**
 * Checks that an argument is a list of evaluations with names.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkEvaluations(evaluations: readonly NamedEvaluation[]): void {
  const advice = 'give a list of { name, evaluation }, each as evaluate returns it';
  checkObjects('the evaluations', evaluations, advice);
  if (evaluations.length === 0) throw new FerError('INVALID_ARGUMENT', `there are no evaluations: ${advice}.`);
  for (const { name, evaluation } of evaluations) {
    checkObject(`the evaluation of ${name}`, evaluation, advice);
    checkObject(`the interval of ${name}`, evaluation.accuracyInterval, advice);
    checkConfusion(evaluation.confusion);
  }
}

/**
 * Checks that an argument is a list of known accuracies.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkReferences(references: readonly ReferenceAccuracy[]): void {
  checkObjects('the references', references, 'give a list of { name, accuracy }');
}

/**
 * Checks the counts of the classes of some splits.
 *
 * @throws FerError `INVALID_ARGUMENT` where they are no counts, or `INVALID_DATA` for classes that are no names.
 */
export function checkClassCounts(classes: readonly string[], splits: readonly ClassCounts[]): void {
  checkClassNames(classes);
  checkObjects('the splits', splits, 'give { name, counts }');
  for (const { name, counts } of splits) {
    checkArray(`the counts of ${name}`, counts);
    if (counts.length === classes.length) continue;
    const message = `split "${name}" has ${counts.length} counts for ${classes.length} classes: give one a class.`;
    throw new FerError('INVALID_ARGUMENT', message);
  }
}

/**
 * Checks that an argument is the result of `rankingCurves`.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkCurves(curves: readonly ClassCurves[]): void {
  checkObjects('the curves', curves, 'give what rankingCurves returns');
}

/**
 * Checks that an argument is a map of features.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkFeatureMap(map: FeatureMap): void {
  checkObject('the map', map, 'give what mapFeatures returns');
  for (const part of ['classes', 'explained', 'means', 'points'] as const) {
    checkArray(`the map's ${part}`, map[part]);
  }
}

/**
 * Checks that an argument is the result of `robustness`.
 *
 * @param name - The classifier's, for the message.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkRobustness(name: string, robustness: Robustness): void {
  const advice = 'give what robustness returns';
  checkObject(`the robustness of ${name}`, robustness, advice);
  checkObject(`the robustness of ${name} on clean images`, robustness.clean, advice);
  checkObjects(`the corruptions of ${name}`, robustness.corruptions, advice);
  for (const corruption of robustness.corruptions) checkArray(`the strengths of ${name}`, corruption.strengths);
}
