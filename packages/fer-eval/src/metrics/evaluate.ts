import { checkOptions } from 'fer-core';
import { type Interval, wilsonInterval } from '../statistics/wilson.js';
import { accuracy, balancedAccuracy, cohenKappa, matthewsCorrelation } from './agreement.js';
import { type Calibration, type CalibrationOptions, calibration, checkBins, logLoss } from './calibration.js';
import {
  type ClassMetrics,
  classMetrics,
  macroAverage,
  type PrecisionRecall,
  weightedAverage,
  type ZeroDivisionOptions,
} from './classMetrics.js';
import { type ConfusionMatrix, confusionMatrix, correctCount } from './confusion.js';
import { checkProbabilities, checkScores, type Predictions, type ScoreMatrix } from './predictions.js';
import { averagePrecision, rocAuc, topKAccuracy } from './ranking.js';

/** The input of {@link evaluate}. */
export interface EvaluateInput extends Predictions {
  /** n × k raw scores, for the metrics that need a ranking. @default the probabilities, if given */
  readonly scores?: ScoreMatrix | undefined;
  /** n × k probabilities, with rows summing to 1, for the metrics that need them. */
  readonly probabilities?: ScoreMatrix | undefined;
}

/** Metrics that need scores: see {@link rocAuc}, {@link averagePrecision} and {@link topKAccuracy}. */
export interface Ranking {
  /** Top-1, top-2 and so on, up to top-k, which is 1. */
  readonly topK: readonly number[];
  /** One-vs-rest area under the ROC curve of each class. */
  readonly auc: readonly (number | null)[];
  /** Mean of the values that are not `null`, or `null` if there are none. */
  readonly macroAuc: number | null;
  /** One-vs-rest average precision of each class. */
  readonly averagePrecision: readonly (number | null)[];
  /** Mean of the values that are not `null`. */
  readonly macroAveragePrecision: number | null;
}

/** All metrics of some predictions, as plain JSON. */
export interface Evaluation {
  /** Number of rows. */
  readonly n: number;
  readonly correct: number;
  readonly accuracy: number;
  /** 95 % Wilson interval of the accuracy. */
  readonly accuracyInterval: Interval;
  readonly balancedAccuracy: number;
  readonly kappa: number;
  readonly matthews: number;
  readonly confusion: ConfusionMatrix;
  readonly perClass: readonly ClassMetrics[];
  readonly macro: PrecisionRecall;
  readonly weighted: PrecisionRecall;
  /** Present if scores or probabilities were given. */
  readonly ranking?: Ranking;
  /** In nats. Present if probabilities were given. */
  readonly logLoss?: number;
  /** Present if probabilities were given. */
  readonly calibration?: Calibration;
}

/**
 * Computes all metrics in one call.
 *
 * @throws FerError `INVALID_DATA` if lengths differ, a label is outside the classes, a score is not finite, or
 *   probabilities do not sum to 1; `INVALID_ARGUMENT` if the input or the options have a property of another name, e.g.
 *   `score`, which would otherwise leave metrics out, or an option is out of range.
 *
 * @example
 * ```ts
 * const evaluation = evaluate({ actual: test.labels, predicted, classes: test.classes, scores });
 * console.log(evaluation.accuracy, evaluation.macro.f1);
 * ```
 */
export function evaluate(input: EvaluateInput, options: ZeroDivisionOptions & CalibrationOptions = {}): Evaluation {
  checkOptions('evaluate', options, ['zeroDivision', 'bins']);
  const { zeroDivision, bins } = options;
  if (bins !== undefined) checkBins(bins); // also without probabilities, which alone need it
  const confusion = confusionMatrix(input);
  checkOptions('evaluate', input, ['actual', 'predicted', 'classes', 'scores', 'probabilities']);
  const { actual, classes, probabilities } = input;
  if (input.scores !== undefined) checkScores(input.scores, actual.length, classes.length);
  if (probabilities !== undefined) checkProbabilities(probabilities, actual.length, classes.length);
  const scores = input.scores ?? probabilities;
  const perClass = classMetrics(confusion, { zeroDivision });
  const correct = correctCount(confusion.counts);
  return {
    n: actual.length,
    correct,
    accuracy: accuracy(confusion),
    accuracyInterval: wilsonInterval(correct, actual.length),
    balancedAccuracy: balancedAccuracy(confusion),
    kappa: cohenKappa(confusion),
    matthews: matthewsCorrelation(confusion),
    confusion,
    perClass,
    macro: macroAverage(perClass),
    weighted: weightedAverage(perClass),
    ...(scores && { ranking: rank(actual, scores) }),
    ...(probabilities && {
      logLoss: logLoss(actual, probabilities),
      calibration: calibration(actual, probabilities, { bins }),
    }),
  };
}

function rank(actual: ArrayLike<number>, scores: ScoreMatrix): Ranking {
  const auc = rocAuc(actual, scores);
  const precision = averagePrecision(actual, scores);
  return {
    topK: auc.map((_, j) => topKAccuracy(actual, scores, j + 1)),
    auc,
    macroAuc: meanOfKnown(auc),
    averagePrecision: precision,
    macroAveragePrecision: meanOfKnown(precision),
  };
}

function meanOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}
