import {
  argmaxRows,
  type Classifier,
  checkArray,
  checkClassNames,
  checkDataset,
  checkFeatures,
  checkLabels,
  checkMethods,
  checkOptions,
  type Dataset,
  type FeatureMatrix,
  FerError,
  type Head,
  type Images,
  isPiped,
  type Labels,
  RUN_OPTIONS,
  type RunOptions,
  sameClasses,
} from 'fer-core';
import { type Evaluation, evaluate } from '../metrics/evaluate.js';

/** The answers of a classifier for n rows. */
export interface ClassifierAnswers {
  /** n × k: the result of `decisionFunction`. */
  readonly scores: FeatureMatrix;
  /** n × k: the result of `predictProba`, if the classifier has it. */
  readonly probabilities?: FeatureMatrix | undefined;
  /** n class indices: the class with the largest score of each row; the first one in a tie. */
  readonly predicted: Uint8Array;
}

/** The result of {@link evaluateClassifier}. */
export interface ClassifierEvaluation extends ClassifierAnswers {
  /** All metrics of the answers. */
  readonly evaluation: Evaluation;
}

/**
 * Runs a classifier on labelled images and evaluates its answers. The backbone of a pipe runs once. Any other
 * classifier is called for scores, and again for probabilities if it has `predictProba`.
 *
 * @param classifier - Its classes must be those of the data, in the same order. For other classes see `evaluateOn`.
 * @throws FerError `INVALID_DATA` if the data break their contract, are empty or have other classes, or if a score is
 *   not finite.
 *
 * @example
 * ```ts
 * const { evaluation, predicted } = await evaluateClassifier(classifier, publicTest);
 * console.log(evaluation.accuracy, evaluation.macro.f1);
 * ```
 */
export async function evaluateClassifier(
  classifier: Classifier<Images>,
  dataset: Dataset,
  options: RunOptions = {},
): Promise<ClassifierEvaluation> {
  checkOptions('evaluateClassifier', options, RUN_OPTIONS);
  checkMethods('the classifier', classifier, ['decisionFunction'], 'give a classifier of images, such as a pipe');
  checkDataset(dataset);
  checkSameClasses(classifier.classes, dataset);
  return evaluated(await askClassifier(classifier, dataset, options), dataset);
}

/**
 * Runs a head on labelled features and evaluates its answers.
 *
 * @param features - n × d.
 * @param labels - n labels, e.g. a `Dataset`. Their classes must be the head's, in the same order.
 * @throws FerError `INVALID_DATA` if features and labels don't match, are empty or have other classes, or if a score is
 *   not finite.
 *
 * @example
 * ```ts
 * const features = await backbone.transform(publicTest);
 * const { evaluation } = await evaluateHead(head, features, publicTest);
 * ```
 */
export async function evaluateHead(
  head: Head,
  features: FeatureMatrix,
  labels: Labels,
  options: RunOptions = {},
): Promise<ClassifierEvaluation> {
  checkOptions('evaluateHead', options, RUN_OPTIONS);
  checkMethods('the head', head, ['decisionFunction'], 'give a fitted head');
  checkFeatures(features);
  checkLabels(labels, features.rows);
  checkSameClasses(head.classes, labels);
  return evaluated(await ask(head, features, options), labels);
}

/** Evaluates existing answers. */
export function evaluateAnswers({ scores, probabilities, predicted }: ClassifierAnswers, labels: Labels): Evaluation {
  return evaluate({ actual: labels.labels, predicted, classes: labels.classes, scores, probabilities });
}

/** Runs a classifier of images. The backbone of a pipe runs once. */
export async function askClassifier(
  classifier: Classifier<Images>,
  images: Images,
  options: RunOptions,
): Promise<ClassifierAnswers> {
  if (!isPiped(classifier)) return ask(classifier, images, options);
  return ask(classifier.head, await classifier.backbone.transform(images, options), options);
}

/** Runs a classifier of any input. */
export async function ask<In>(classifier: Classifier<In>, x: In, options: RunOptions): Promise<ClassifierAnswers> {
  const scores = await classifier.decisionFunction(x, options);
  checkFeatures(scores, classifier.classes.length);
  const probabilities = await classifier.predictProba?.(x, options);
  if (probabilities !== undefined) checkFeatures(probabilities, scores.columns);
  return { scores, probabilities, predicted: argmaxRows(scores) };
}

function evaluated(answers: ClassifierAnswers, labels: Labels): ClassifierEvaluation {
  return { ...answers, evaluation: evaluateAnswers(answers, labels) };
}

/**
 * @throws FerError `NOT_FITTED` if a classifier has no classes yet, or no longer; `INVALID_ARGUMENT` or `INVALID_DATA` if
 *   they are not a list of names.
 */
export function checkFitted(known: readonly string[]): void {
  checkArray('the classes of the classifier', known);
  if (known.length === 0) {
    throw new FerError(
      'NOT_FITTED',
      'the classifier knows no classes: fit it first, or load it again if it was disposed.',
    );
  }
  checkClassNames(known);
}

/**
 * @throws FerError `NOT_FITTED` for a classifier without classes; `INVALID_DATA` if a classifier and the data have
 *   different classes, or the same in another order.
 */
export function checkSameClasses(known: readonly string[], { classes }: Pick<Labels, 'classes'>): void {
  checkFitted(known);
  if (sameClasses(known, classes)) return;
  throw new FerError(
    'INVALID_DATA',
    `the classifier knows [${known.join(', ')}], the data have [${classes.join(', ')}]: they must be the same, in the ` +
      'same order. Use evaluateOn for data with other classes.',
  );
}
