import { checkArray, checkClassNames, checkObject, checkObjects, checkString, describeValue, FerError } from 'fer-core';
import { checkDifferent } from '../arguments/names.js';
import { checkFinite, checkFraction, checkRange, checkWhole } from '../arguments/numbers.js';
import type { ClassCurves } from '../metrics/rankingCurves.js';
import type { Mistake } from '../mistakes/worstMistakes.js';
import type { Robustness } from '../robustness/robustness.js';
import type { FeatureMap } from './plotInput.js';

/** How much a fraction of the variance may be above 1. */
const ROUNDING = 1e-6;

/**
 * Checks that an argument is the result of `rankingCurves`.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkCurves(curves: readonly ClassCurves[]): void {
  checkDifferent('the curves', curves, 'give what rankingCurves returns');
  for (const { name, auc, averagePrecision, roc, precisionRecall } of curves) {
    for (const [figure, value] of Object.entries({ auc, averagePrecision })) {
      if (value !== null) checkFraction(`${figure} of class ${name}`, value);
    }
    for (const [curve, points] of Object.entries({ roc, precisionRecall })) {
      if (points === null) continue;
      const what = `the points of ${curve} of class ${name}`;
      checkArray(what, points);
      for (const point of points) checkPoint(what, point, 2, checkFraction);
    }
  }
}

/** Checks that a point has that many numbers. */
function checkPoint(
  what: string,
  point: readonly number[],
  length: number,
  check: (name: string, value: unknown) => void,
): void {
  if (!Array.isArray(point) || point.length !== length) {
    throw new FerError('INVALID_ARGUMENT', `one of ${what} is ${describeValue(point)}: give ${length} numbers each.`);
  }
  for (const number of point) check(`a number of ${what}`, number);
}

/**
 * Checks that an argument is a map of features.
 *
 * @throws FerError `INVALID_ARGUMENT`, or `INVALID_DATA` for classes that are no names.
 */
export function checkFeatureMap(map: FeatureMap): void {
  checkObject('the map', map, 'give what mapFeatures returns');
  const { classes, n, explained, means, points } = map;
  checkClassNames(classes);
  checkArray("the map's means", means);
  checkArray("the map's points", points);
  checkWhole("the map's n", n, points.length);
  checkPoint("the map's explained", explained, 2, (name, share) => checkRange(name, share, 0, 1 + ROUNDING));
  if (means.length !== classes.length) {
    throw new FerError('INVALID_ARGUMENT', `the map has ${means.length} means for ${classes.length} classes.`);
  }
  for (const mean of means) if (mean !== null) checkPoint("the map's means", mean, 2, checkFinite);
  for (const point of points) {
    checkPoint("the map's points", point, 3, checkFinite);
    if (classes[point[2]] !== undefined) continue;
    const message = `a point of the map has class ${point[2]}: give an index in 0..${classes.length - 1}.`;
    throw new FerError('INVALID_ARGUMENT', message);
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
  const { n, seed, clean, corruptions, meanCorruptionAccuracy } = robustness;
  checkWhole(`n of the robustness of ${name}`, n, 1);
  if (typeof seed !== 'string') checkFinite(`the seed of the robustness of ${name}`, seed);
  checkObject(`the robustness of ${name} on clean images`, clean, advice);
  checkFraction(`the accuracy of ${name} on clean images`, clean.accuracy);
  checkFraction(`the meanCorruptionAccuracy of ${name}`, meanCorruptionAccuracy);
  checkDifferent(`the corruptions of ${name}`, corruptions, advice);
  for (const corruption of corruptions) {
    const what = `${name} under ${corruption.name}`;
    checkString(`the parameter of ${corruption.name}`, corruption.parameter);
    checkFraction(`the meanAccuracy of ${what}`, corruption.meanAccuracy);
    checkObjects(`the strengths of ${what}`, corruption.strengths, advice);
    for (const { strength, level, accuracy } of corruption.strengths) {
      checkWhole(`a strength of ${what}`, strength, 1);
      checkFinite(`a level of ${what}`, level);
      checkFraction(`the accuracy of ${what}`, accuracy);
    }
  }
}

/**
 * Checks that an argument is the result of `worstMistakes`.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkMistakes(what: string, mistakes: readonly Mistake[]): void {
  const advice = 'give what worstMistakes returns';
  checkObjects(what, mistakes, advice);
  for (const [i, { row, id, actual, predicted, sureness, measure, face, explanation }] of mistakes.entries()) {
    const of = `of item ${i + 1} of ${what}`;
    checkWhole(`the row ${of}`, row, 0);
    checkString(`the actual class ${of}`, actual);
    checkString(`the predicted class ${of}`, predicted);
    if (id !== undefined) checkString(`the id ${of}`, id);
    checkFinite(`the sureness ${of}`, sureness);
    if (measure !== 'probability' && measure !== 'margin') {
      throw new FerError('INVALID_ARGUMENT', `the measure ${of} is ${describeValue(measure)}: ${advice}.`);
    }
    for (const [part, url] of Object.entries({ face, explanation })) {
      // Pages and pictures must not fetch anything.
      if (url === undefined || (typeof url === 'string' && url.startsWith('data:'))) continue;
      throw new FerError('INVALID_ARGUMENT', `the ${part} ${of} is no data: URL: ${advice}.`);
    }
  }
}
