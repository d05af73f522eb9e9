import { checkArray, checkObject, checkOptions } from 'fer-core';
import { checkRange } from '../arguments/numbers.js';
import { checkClasses, checkScores, type ScoreMatrix } from './predictions.js';
import { averagePrecision, precisionRecallCurve, rocAuc, rocCurve } from './ranking.js';

/** The curves of one class against the rest. */
export interface ClassCurves {
  readonly name: string;
  /** `null` for a class that never occurs, or that all rows belong to. */
  readonly auc: number | null;
  /** `null` for a class that never occurs. */
  readonly averagePrecision: number | null;
  /** Points of the ROC curve: false positive rate, true positive rate. */
  readonly roc: readonly (readonly [number, number])[] | null;
  /** Points of the precision-recall curve: recall, precision. */
  readonly precisionRecall: readonly (readonly [number, number])[] | null;
}

/** Options of {@link rankingCurves}. */
export interface RankingCurvesOptions {
  /**
   * The smallest distance between points, as a fraction of the plot's side. Closer points are left out, except for the
   * last.
   *
   * @default 0.005
   */
  readonly spacing?: number | undefined;
}

/** The input of {@link rankingCurves}. */
export interface RankingCurvesInput {
  /** n class indices: the truth. */
  readonly actual: ArrayLike<number>;
  /** n × k raw scores or probabilities. */
  readonly scores: ScoreMatrix;
  readonly classes: readonly string[];
}

/**
 * Computes the ROC and precision-recall curves of every class, thinned to what a plot can show, as plain JSON.
 *
 * @throws FerError `INVALID_DATA` if there are no rows, a label is outside the classes, or scores are not one finite
 *   number per row and class; `INVALID_ARGUMENT` if `spacing` is not a number from 0.
 *
 * @example
 * ```ts
 * const curves = rankingCurves({ actual, scores, classes });
 * for (const { name, auc, averagePrecision } of curves) console.log(name, auc, averagePrecision);
 * const svg = await renderSvg(rocPlot(curves));
 * ```
 */
export function rankingCurves(input: RankingCurvesInput, options: RankingCurvesOptions = {}): ClassCurves[] {
  checkOptions('rankingCurves', options, ['spacing']);
  const { spacing = 0.005 } = options;
  checkObject('the input of rankingCurves', input, 'give { actual, scores, classes }');
  const { actual, scores, classes } = input;
  checkRange('spacing', spacing, 0);
  checkClasses(classes);
  checkArray('the actual labels', actual);
  checkScores(scores, actual.length, classes.length);
  const auc = rocAuc(actual, scores);
  const precision = averagePrecision(actual, scores);
  return classes.map((name, j) => {
    const roc = rocCurve(actual, scores, j);
    const pr = precisionRecallCurve(actual, scores, j);
    return {
      name,
      auc: auc[j],
      averagePrecision: precision[j],
      roc: roc && thin(roc.falsePositiveRate, roc.truePositiveRate, spacing),
      precisionRecall: pr && thin(pr.recall, pr.precision, spacing),
    };
  });
}

function thin(x: readonly number[], y: readonly number[], spacing: number): [number, number][] {
  const kept: [number, number][] = [];
  for (let i = 0; i < x.length; i++) {
    const last = kept.at(-1);
    const near = last && Math.abs(x[i] - last[0]) < spacing && Math.abs(y[i] - last[1]) < spacing;
    if (!near || i === x.length - 1) kept.push([x[i], y[i]]);
  }
  return kept;
}
