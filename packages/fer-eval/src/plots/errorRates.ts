import { checkOptions, checkString } from 'fer-core';
import { checkFraction } from '../arguments/numbers.js';
import { groupedBars } from './bars.js';
import { checkSameClasses, checkSeries } from './checkInput.js';
import type { NamedEvaluation } from './plotInput.js';
import type { VegaLiteSpec } from './theme.js';

/** Options of {@link errorRatePlot}. */
export interface ErrorRatePlotOptions {
  /** @default 'Error rate per class' */
  readonly title?: string | undefined;
  /** The largest rate on the axis, for charts with a common axis. @default the largest of the evaluations */
  readonly largest?: number | undefined;
}

/**
 * Plots the error rate of each class, with several classifiers side by side. All evaluations must have the same
 * classes.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but evaluations with different names, or an invalid option;
 *   `INVALID_DATA` for evaluations of different classes.
 *
 * @example
 * ```ts
 * const { evaluation: ofSoftmax } = await evaluateHead(head, testFeatures, test);
 * const { evaluation: ofSvm } = await evaluateHead(svm, testFeatures, test);
 * const evaluations = [{ name: 'softmax', evaluation: ofSoftmax }, { name: 'SVM', evaluation: ofSvm }];
 * const svg = await renderSvg(errorRatePlot(evaluations));
 * ```
 */
export function errorRatePlot(
  evaluations: readonly NamedEvaluation[],
  options: ErrorRatePlotOptions = {},
): VegaLiteSpec {
  checkOptions('errorRatePlot', options, ['title', 'largest']);
  const { title = 'Error rate per class', largest } = options;
  checkString('title', title);
  checkSeries(evaluations);
  checkSameClasses(evaluations);
  if (largest !== undefined) checkFraction('largest', largest);
  const classes = evaluations[0].evaluation.confusion.classes;
  return groupedBars({
    title,
    description: `Error rate per class of ${evaluations.map(({ name }) => name).join(', ')}.`,
    valueTitle: 'error rate',
    classes,
    largest,
    series: evaluations.map(({ name, evaluation }) => ({
      name,
      values: evaluation.perClass.map(({ errorRate }) => errorRate),
    })),
  });
}
