import { checkObject, checkObjects, checkString, describeValue, FerError } from 'fer-core';
import { checkFraction } from '../arguments/numbers.js';
import type { ExperimentCell } from './types.js';

/** The results of one backbone with one head, over all seeds. */
export interface ExperimentSummary {
  readonly backbone: string;
  readonly head: string;
  readonly seeds: readonly number[];
  /** Accuracy on `test` for each seed, in order. */
  readonly accuracies: readonly number[];
  readonly meanAccuracy: number;
  /**
   * Sample standard deviation over the seeds, with n − 1. `null` for one seed, which doesn't show the variation of
   * training.
   */
  readonly standardDeviation: number | null;
  /** Mean accuracy on `validation`, for choosing a head; `null` if there is no validation split. */
  readonly meanValidationAccuracy: number | null;
}

/** The parts of a cell that a summary needs. */
export type SummarizedCell = Pick<ExperimentCell, 'backbone' | 'head' | 'seed' | 'evaluations'>;

/**
 * Averages over the seeds for each backbone and head, in the order of the cells.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but cells, or two cells of the same backbone, head and seed.
 *
 * @example
 * ```ts
 * const heads = [{ name: 'svm', options: {}, make: () => linearL2SVM() }];
 * const { cells } = await runExperiment({ ...experiment, heads });
 * for (const { backbone, head, meanAccuracy, standardDeviation } of summarizeExperiment(cells)) {
 *   console.log(backbone, head, meanAccuracy, standardDeviation);
 * }
 * ```
 */
export function summarizeExperiment(cells: readonly SummarizedCell[]): ExperimentSummary[] {
  checkObjects('the cells', cells, 'give those that runExperiment returns');
  for (const [i, cell] of cells.entries()) checkCell(`cell ${i + 1}`, cell);
  const groups = new Map<string, SummarizedCell[]>();
  for (const cell of cells) {
    const key = JSON.stringify([cell.backbone, cell.head]);
    const group = groups.get(key) ?? [];
    if (group.some(({ seed }) => seed === cell.seed)) {
      const { backbone, head, seed } = cell;
      throw new FerError('INVALID_ARGUMENT', `two cells of ${backbone}, ${head} and seed ${seed}: give each once.`);
    }
    groups.set(key, [...group, cell]);
  }
  return [...groups.values()].map((group) => {
    const accuracies = group.map(({ evaluations }) => evaluations.test.accuracy);
    const validation = group.map(({ evaluations }) => evaluations.validation?.accuracy);
    const meanAccuracy = mean(accuracies);
    const squares = accuracies.reduce((sum, accuracy) => sum + (accuracy - meanAccuracy) ** 2, 0);
    return {
      backbone: group[0].backbone,
      head: group[0].head,
      seeds: group.map(({ seed }) => seed),
      accuracies,
      meanAccuracy,
      standardDeviation: group.length < 2 ? null : Math.sqrt(squares / (group.length - 1)),
      meanValidationAccuracy: validation.every((value) => value !== undefined) ? mean(validation) : null,
    };
  });
}

function checkCell(what: string, { backbone, head, seed, evaluations }: SummarizedCell): void {
  const advice = 'give the cells that runExperiment returns';
  checkString(`the backbone of ${what}`, backbone);
  checkString(`the head of ${what}`, head);
  if (!Number.isSafeInteger(seed)) {
    throw new FerError('INVALID_ARGUMENT', `the seed of ${what} is ${describeValue(seed)}: ${advice}.`);
  }
  checkObject(`the evaluations of ${what}`, evaluations, advice);
  checkObject(`the evaluation on test of ${what}`, evaluations.test, advice);
  checkFraction(`the accuracy on test of ${what}`, evaluations.test.accuracy);
  if (evaluations.validation === undefined) return;
  checkObject(`the evaluation on validation of ${what}`, evaluations.validation, advice);
  checkFraction(`the accuracy on validation of ${what}`, evaluations.validation.accuracy);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
