import { checkOptions } from 'fer-core';
import type { Evaluation } from '../metrics/evaluate.js';
import { groupedBars } from './bars.js';
import type { VegaLiteSpec } from './theme.js';

/** Something evaluated, and what it is called. */
export interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: Evaluation;
}

/** Options of {@link errorRatePlot}. */
export interface ErrorRatePlotOptions {
  /** @default 'Error rate per class' */
  readonly title?: string | undefined;
  /** The largest rate that the axis must show, so that several charts can share one. @default that of the evaluations */
  readonly largest?: number | undefined;
}

/** The error rate per class, of several classifiers side by side. All evaluations have the same classes. */
export function errorRatePlot(
  evaluations: readonly NamedEvaluation[],
  options: ErrorRatePlotOptions = {},
): VegaLiteSpec {
  checkOptions('errorRatePlot', options, ['title', 'largest']);
  const { title = 'Error rate per class', largest } = options;
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
