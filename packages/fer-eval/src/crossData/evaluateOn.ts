import {
  bindRunOptions,
  type Classifier,
  checkChoice,
  checkDataset,
  checkMethods,
  checkObject,
  checkOptions,
  type Dataset,
  describeValue,
  type FeatureMatrix,
  FerError,
  type Images,
  type PipedClassifier,
  RUN_OPTIONS,
  type RunOptions,
  selectRows,
} from 'fer-core';
import { askClassifier, checkFitted } from '../evaluation/evaluateClassifier.js';
import { type Evaluation, evaluate } from '../metrics/evaluate.js';
import type { ScoreMatrix } from '../metrics/predictions.js';
import { type ClassMapping, type ResolvedMapping, resolveMapping } from './classMapping.js';

/** Options of {@link evaluateOn}. */
export interface EvaluateOnOptions extends RunOptions {
  /** Maps the data's classes to the classifier's. @default each class maps to the class of the same name */
  readonly mapping?: ClassMapping | undefined;
  /**
   * How to predict a class that consists of several classes of the classifier. `label` finds the best class of the
   * classifier and maps it; this works for any classifier. `probability` adds up the probabilities first and finds the
   * best sum; this needs `predictProba`. The results differ if, for example, angry and sad have 0.3 each and happy has
   * 0.4.
   *
   * @default 'label'
   */
  readonly merge?: 'label' | 'probability' | undefined;
  /**
   * Whether to choose only among the data's classes. Otherwise, predicting a class that the data lack counts as an
   * error, as it would in practice; such classes then appear without rows.
   *
   * @default false
   */
  readonly closedSet?: boolean | undefined;
}

/** The evaluation of a classifier on data with other classes: plain JSON except for the arrays. */
export interface CrossEvaluation {
  readonly evaluation: Evaluation;
  /** The evaluated classes, as in `evaluation.confusion`. */
  readonly classes: readonly string[];
  /** Indices of the evaluated rows of the data. */
  readonly rows: Uint32Array;
  /** The true and the predicted class of each evaluated row, as indices into `classes`. */
  readonly actual: Uint8Array;
  readonly predicted: Uint8Array;
  /** Number of rows left out, by class of the data. */
  readonly dropped: { readonly [datasetClass: string]: number };
}

/**
 * Evaluates a classifier on labelled images with other classes: with other names, coarser, finer, or additional ones.
 *
 * The evaluation includes metrics of scores and probabilities (AUC, calibration, log loss) if every evaluated class is
 * one of the classifier's, or with `merge: 'probability'`.
 *
 * @throws FerError `INVALID_ARGUMENT` for a mapping that does not fit or another invalid option, `INVALID_DATA` if the data break their contract,
 *   no rows are left, or a score is not finite, `UNSUPPORTED` for `merge: 'probability'` without `predictProba`.
 *
 * @example
 * ```ts
 * const { evaluation } = await evaluateOn(classifier, affectNet, {
 *   mapping: { happiness: 'happy', anger: 'angry', contempt: null, negative: ['fear', 'disgust', 'sad'] },
 * });
 * ```
 */
export async function evaluateOn(
  classifier: Classifier<Images> | PipedClassifier,
  dataset: Dataset,
  options: EvaluateOnOptions = {},
): Promise<CrossEvaluation> {
  checkOptions('evaluateOn', options, ['mapping', 'merge', 'closedSet', ...RUN_OPTIONS]);
  const { mapping = {}, merge = 'label', closedSet = false } = options;
  checkMethods('the classifier', classifier, ['decisionFunction'], 'give a classifier of images, such as a pipe');
  checkDataset(dataset);
  checkObject('mapping', mapping, "give an object such as { happiness: 'happy', contempt: null }");
  checkChoice('merge', merge, ['label', 'probability']);
  if (typeof closedSet !== 'boolean') {
    throw new FerError('INVALID_ARGUMENT', `closedSet is ${describeValue(closedSet)}: give true or false.`);
  }
  if (merge === 'probability' && !classifier.predictProba) {
    throw new FerError('UNSUPPORTED', "this classifier has no probabilities: use merge: 'label'.");
  }
  checkFitted(classifier.classes);
  const resolved = resolveMapping(dataset.classes, classifier.classes, mapping);
  const { fromData } = resolved;
  const rows = Uint32Array.from(dataset.labels.keys()).filter((row) => fromData[dataset.labels[row]] >= 0);
  if (rows.length === 0) throw new FerError('INVALID_DATA', 'no images of a class that is mapped: nothing to measure.');
  const kept = rows.length === dataset.n ? dataset : selectRows(dataset, rows);
  const asked = await askClassifier(classifier, kept, bindRunOptions(options));

  const inData = Math.max(...fromData) + 1; // the data's classes come first
  const classes = closedSet ? resolved.classes.slice(0, inData) : resolved.classes;
  const merged = resolved.classes.length < classifier.classes.length;
  const columns = { ...resolved, classes };
  const byProbability = merge === 'probability';
  const scores = merged ? undefined : addColumns(asked.scores, columns);
  const summed =
    asked.probabilities && (byProbability || !merged) ? addColumns(asked.probabilities, columns) : undefined;
  const probabilities = summed && (closedSet ? normalizeRows(summed) : summed);
  const predicted = byProbability
    ? bestColumn(probabilities!, { classes, fromClassifier: [...classes.keys()] })
    : bestColumn(asked.scores, columns);
  const actual = Uint8Array.from(kept.labels, (label) => fromData[label]);
  const dropped = dataset.classes.flatMap((name, j): [string, number][] =>
    fromData[j] >= 0 ? [] : [[name, dataset.labels.reduce((count, label) => count + Number(label === j), 0)]],
  );
  return {
    evaluation: evaluate({ actual, predicted, classes, scores: byProbability ? undefined : scores, probabilities }),
    classes,
    rows,
    actual,
    predicted,
    dropped: Object.fromEntries(dropped),
  };
}

/** Returns the evaluated class of each row's best column; the first class in a tie. */
function bestColumn(
  { data, rows, columns }: ScoreMatrix,
  { classes, fromClassifier }: Pick<ResolvedMapping, 'classes' | 'fromClassifier'>,
): Uint8Array {
  const predicted = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    let best = Number.NEGATIVE_INFINITY;
    predicted[i] = classes.length - 1;
    for (let j = 0; j < columns; j++) {
      const to = fromClassifier[j];
      const score = data[i * columns + j];
      if (to >= classes.length || !(score > best || (score === best && to < predicted[i]))) continue;
      best = score;
      predicted[i] = to;
    }
  }
  return predicted;
}

/** n × (evaluated classes): the sum of the columns of each class, in double precision. */
function addColumns({ data, rows, columns }: FeatureMatrix, { classes, fromClassifier }: ResolvedMapping): ScoreMatrix {
  const sums = new Float64Array(rows * classes.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const to = fromClassifier[j];
      if (to < classes.length) sums[i * classes.length + to] += data[i * columns + j];
    }
  }
  return { data: sums, rows, columns: classes.length };
}

/** Conditional probabilities given that it is one of the classes; equal probabilities if all of them are 0. */
function normalizeRows({ data, rows, columns }: ScoreMatrix): ScoreMatrix {
  const out = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += data[i * columns + j];
    for (let j = 0; j < columns; j++) out[i * columns + j] = sum > 0 ? data[i * columns + j] / sum : 1 / columns;
  }
  return { data: out, rows, columns };
}
