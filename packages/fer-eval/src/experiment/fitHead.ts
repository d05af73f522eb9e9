import {
  checkMethods,
  checkObject,
  describeValue,
  type FeatureMatrix,
  FerError,
  type FitResult,
  type Labels,
} from 'fer-core';
import { checkFinite } from '../arguments/numbers.js';
import { ask, type ClassifierAnswers } from '../evaluation/evaluateClassifier.js';
import type { ExperimentHead } from './types.js';

/** The data that one head is fitted to and evaluated on. */
export interface HeadTask {
  readonly seed: number;
  readonly features: { readonly [split: string]: FeatureMatrix };
  /** Labels of the split `train`. */
  readonly labels: Labels;
}

/** The answers of a fitted head. */
export interface HeadAnswer {
  readonly fit: FitResult;
  /** Answers by split, without `train`. */
  readonly answers: { readonly [split: string]: ClassifierAnswers };
  /** Wall-clock seconds of fitting and predicting. */
  readonly seconds: number;
}

/** Fits a head to the training features and predicts the other splits. */
export async function fitHead(
  candidate: ExperimentHead,
  { seed, features, labels }: HeadTask,
  signal?: AbortSignal,
): Promise<HeadAnswer> {
  const start = performance.now();
  const { train, ...measured } = features;
  const head = await candidate.make({ seed });
  const made = `what make of head "${candidate.name}" returned`;
  checkMethods(made, head, ['fit', 'decisionFunction', 'dispose'], 'return an unfitted head, such as linearL2SVM()');
  try {
    const fit = await head.fit(train, labels, { signal });
    checkFit(candidate.name, fit);
    const answers: Record<string, ClassifierAnswers> = {};
    for (const [split, x] of Object.entries(measured)) answers[split] = await ask(head, x, { signal });
    return { fit, answers, seconds: (performance.now() - start) / 1000 };
  } finally {
    head.dispose();
  }
}

/** @throws FerError `INVALID_ARGUMENT` for a result of `fit` that can't be stored in a cell. */
function checkFit(head: string, fit: FitResult): void {
  const returned = `that fit of head "${head}" returned`;
  checkObject(`what fit of head "${head}" returned`, fit, 'return { iterations, converged, objective, seconds }');
  const { iterations, converged, objective, seconds } = fit;
  for (const [name, value] of Object.entries({ iterations, objective, seconds }))
    checkFinite(`the ${name} ${returned}`, value);
  if (typeof converged === 'boolean') return;
  const given = describeValue(converged);
  throw new FerError('INVALID_ARGUMENT', `the converged ${returned} is ${given}: give true or false.`);
}
