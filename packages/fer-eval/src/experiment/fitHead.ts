import { checkMethods, type FeatureMatrix, type FitResult, type Labels } from 'fer-core';
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
    const answers: Record<string, ClassifierAnswers> = {};
    for (const [split, x] of Object.entries(measured)) answers[split] = await ask(head, x, { signal });
    return { fit, answers, seconds: (performance.now() - start) / 1000 };
  } finally {
    head.dispose();
  }
}
