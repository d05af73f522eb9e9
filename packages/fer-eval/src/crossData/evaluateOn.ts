import {
  bindRunOptions,
  type Classifier,
  checkDataset,
  checkOptions,
  type Dataset,
  type FeatureMatrix,
  FerError,
  type Images,
  type PipedClassifier,
  RUN_OPTIONS,
  type RunOptions,
  selectRows,
} from 'fer-core';
import { askClassifier } from '../evaluation/evaluateClassifier.js';
import { type Evaluation, evaluate } from '../metrics/evaluate.js';
import type { ScoreMatrix } from '../metrics/predictions.js';
import { type ClassMapping, type ResolvedMapping, resolveMapping } from './classMapping.js';

/** Options of {@link evaluateOn}. */
export interface EvaluateOnOptions extends RunOptions {
  /** What the data's classes are to the classifier. @default every class stands for the one of its own name */
  readonly mapping?: ClassMapping | undefined;
  /**
   * How a class that several of the classifier's make up is predicted. `label`: the best class is found as ever, then
   * mapped, for any classifier. `probability`: their probabilities are added up, then the best sum is found; only for
   * classifiers that have `predictProba`. They differ where, say, angry and sad have 0.3 each and happy has 0.4.
   *
   * @default 'label'
   */
  readonly merge?: 'label' | 'probability' | undefined;
  /**
   * Whether to choose among the data's classes alone. Otherwise predicting a class that the data have not is an error,
   * as it would be in use; such classes then appear without rows.
   *
   * @default false
   */
  readonly closedSet?: boolean | undefined;
}

/** How a classifier did on data with classes of their own: plain JSON but for the arrays. */
export interface CrossEvaluation {
  readonly evaluation: Evaluation;
  /** The classes measured, as in `evaluation.confusion`. */
  readonly classes: readonly string[];
  /** The rows of the data that count, by index. */
  readonly rows: Uint32Array;
  /** For each of them the truth and what was predicted, as indices into `classes`. */
  readonly actual: Uint8Array;
  readonly predicted: Uint8Array;
  /** Rows left out, by class of the data. */
  readonly dropped: { readonly [datasetClass: string]: number };
}

/**
 * Measures a classifier on labelled images that it was not made for, whose classes have other names, are coarser, finer
 * or more.
 *
 * Scores and probabilities enter the evaluation (AUC, calibration, log loss) where every class measured is one of the
 * classifier's, or under `merge: 'probability'`.
 *
 * @throws FerError `INVALID_ARGUMENT` for a mapping that does not fit, `INVALID_DATA` where the data break their contract,
 *   nothing is left to measure, or a score is not finite, `UNSUPPORTED` for `merge: 'probability'` without `predictProba`.
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
  checkDataset(dataset);
  if (merge === 'probability' && !classifier.predictProba) {
    throw new FerError('UNSUPPORTED', "this classifier has no probabilities: use merge: 'label'.");
  }
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

/** Of each row the class measured that its best column belongs to; of equal ones the first class. */
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

/** n × (classes measured): for each the sum of its columns, in double precision. */
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

/** Probabilities given that it is one of the classes; alike for all where none had any. */
function normalizeRows({ data, rows, columns }: ScoreMatrix): ScoreMatrix {
  const out = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += data[i * columns + j];
    for (let j = 0; j < columns; j++) out[i * columns + j] = sum > 0 ? data[i * columns + j] / sum : 1 / columns;
  }
  return { data: out, rows, columns };
}
