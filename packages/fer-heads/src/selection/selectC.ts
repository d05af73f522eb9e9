import {
  bindRunOptions,
  checkArray,
  checkMethods,
  checkOptions,
  type FeatureMatrix,
  FerError,
  type Labels,
  RUN_OPTIONS,
  type RunOptions,
  selectFeatures,
  selectLabels,
} from 'fer-core';
import { fitPrepared, type LinearHead } from '../linear/linearHead.js';
import { prepareMatrix } from '../linear/prepare.js';
import { checkPositive } from '../numbers.js';
import { headMaker } from '../rows/makeHead.js';
import { pacer } from '../rows/pacer.js';
import { type Fold, fitWithout } from './folds.js';
import { bestOf, resolveScoring, type Scores } from './scoring.js';
import { type LabelledRows, MEASURE_OPTIONS, type MeasureOptions, resolveMeasure, scoresOf } from './validation.js';

/**
 * The values that {@link selectC} tries, and how it scores them: exactly one of `folds` and `validation` must be given.
 */
export interface SelectCOptions extends RunOptions, MeasureOptions {
  /**
   * The values to try, in any order.
   *
   * @default [1e-4, 1e-3, 1e-2, 1e-1, 1]
   */
  readonly grid?: readonly number[] | undefined;
}

/** The scores of one value of C. */
export interface ScoreOfC extends Scores {
  readonly C: number;
  /** Whether every fit converged. */
  readonly converged: boolean;
}

/** The result of {@link selectC}. */
export interface SelectedC<H extends LinearHead> {
  /** The value with the highest score. If several scores are equal to within 1e-12, the smallest of them. */
  readonly C: number;
  /** A head with this C, fitted on all rows of x. */
  readonly head: H;
  /** One entry for each value, in ascending order of C. */
  readonly scores: readonly ScoreOfC[];
  /** How often all fits together read the features. A fold counts as the fraction of the rows that it fits on. */
  readonly passes: number;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

const GRID = [1e-4, 1e-3, 1e-2, 1e-1, 1];

/**
 * Chooses C of a linear head by its score on rows that the head was not fitted on. It goes from the smallest value up
 * and starts each fit from the result of the one before, which is cheaper than independent fits. For other parameters
 * and other heads see `gridSearch`.
 *
 * @param head - Makes an unfitted head with a value of C, and with any other options.
 * @throws FerError `INVALID_ARGUMENT` if the grid, the folds, the validation rows or the scoring don't suit x;
 *   otherwise as `fit`.
 *
 * @example
 * ```ts
 * const { C, head, scores } = await selectC((C) => linearL2SVM({ C }), features, train, { folds: 5 });
 * for (const { C, score, standardError } of scores) console.log(C, score, standardError);
 * ```
 */
export async function selectC<H extends LinearHead>(
  head: (C: number) => H,
  x: FeatureMatrix,
  y: Labels,
  options: SelectCOptions = {},
): Promise<SelectedC<H>> {
  const begun = performance.now();
  checkOptions('selectC', options, ['grid', ...MEASURE_OPTIONS, ...RUN_OPTIONS]);
  const { validation, grid: given = GRID } = options;
  const { onProgress, signal } = bindRunOptions(options);
  const grid = checkGrid(given);
  const scoring = resolveScoring(options.scoring);
  const folds = resolveMeasure('selectC', { x, y }, options);
  const run = { onProgress, signal };
  let passes = 0;

  const make = headMaker(head);

  function makeLinear(C: number): H {
    const made = make(C);
    checkMethods('the head made', made, ['toLayer'], 'give a linear head, or use gridSearch');
    return made;
  }

  /** Fits and measures each value in turn. */
  async function path(
    train: LabelledRows,
    test: LabelledRows,
    fold?: Fold,
  ): Promise<{ measured: Measured[]; heads: H[] }> {
    const measured: Measured[] = [];
    const heads: H[] = [];
    const prepared = await prepareMatrix(train.x, pacer(signal));
    for (const C of grid) {
      const next = makeLinear(C);
      const start = heads.at(-1)?.toLayer();
      const fitting = () => fitPrepared(next, { ...train, prepared }, { onProgress, signal, start });
      const result = await fitWithout(fold, fitting);
      passes += (result.passes * train.x.rows) / x.rows;
      const score = scoring(test.y.labels, await next.predict(test.x, { signal }), y.classes);
      measured.push({ score, converged: result.converged });
      heads.push(next);
    }
    return { measured, heads };
  }

  if (!folds) {
    const { measured, heads } = await path({ x, y }, validation!);
    const scores = grid.map((C, g) => ({
      C,
      ...scoresOf([measured[g].score], validation, options.scoring),
      converged: measured[g].converged,
    }));
    const best = bestOf(scores.map(({ score }) => score));
    heads.forEach((each, g) => {
      if (g !== best) each.dispose();
    });
    return finish(scores, best, heads[best]);
  }

  const paths: Measured[][] = [];
  for (const fold of folds) {
    const { kept, held } = fold;
    const train = { x: selectFeatures(x, kept), y: selectLabels(y, kept) };
    const { measured, heads } = await path(train, { x: selectFeatures(x, held), y: selectLabels(y, held) }, fold);
    for (const each of heads) each.dispose();
    paths.push(measured);
  }
  const scores = grid.map((C, g) => ({
    C,
    ...scoresOf(
      paths.map((measured) => measured[g].score),
      undefined,
      options.scoring,
    ),
    converged: paths.every((measured) => measured[g].converged),
  }));
  const best = bestOf(scores.map(({ score }) => score));
  const chosen = makeLinear(grid[best]);
  const { passes: last, converged } = await chosen.fit(x, y, run);
  passes += last;
  scores[best] = { ...scores[best], converged: scores[best].converged && converged };
  return finish(scores, best, chosen);

  function finish(found: readonly ScoreOfC[], index: number, fitted: H): SelectedC<H> {
    const seconds = (performance.now() - begun) / 1000;
    return { C: grid[index], head: fitted, scores: found, passes: Math.ceil(passes), seconds };
  }
}

interface Measured {
  readonly score: number;
  readonly converged: boolean;
}

function checkGrid(given: readonly number[]): number[] {
  checkArray('the values of grid', given);
  if (given.length === 0) throw new FerError('INVALID_ARGUMENT', 'grid is empty: give one value of C or more.');
  const values = Array.from(given);
  values.forEach((C, i) => void checkPositive(`grid[${i}]`, C));
  return [...new Set(values)].sort((a, b) => a - b);
}
