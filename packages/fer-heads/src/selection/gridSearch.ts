import {
  bindRunOptions,
  checkObject,
  checkOptions,
  describeValue,
  type FeatureMatrix,
  FerError,
  type Head,
  type Labels,
  RUN_OPTIONS,
  type RunOptions,
  selectFeatures,
  selectLabels,
} from 'fer-core';
import { headMaker } from '../rows/makeHead.js';
import { type Fold, fitWithout } from './folds.js';
import { bestOf, resolveScoring, type Scores } from './scoring.js';
import { type LabelledRows, MEASURE_OPTIONS, type MeasureOptions, resolveMeasure, scoresOf } from './validation.js';

/** The values to try for each parameter. */
export type ParameterGrid = Readonly<Record<string, readonly unknown[]>>;

/** One value of each parameter of a grid. */
export type ParametersOf<G extends ParameterGrid> = { readonly [Name in keyof G]: G[Name][number] };

/** How {@link gridSearch} scores a combination: exactly one of `folds` and `validation` must be given. */
export interface GridSearchOptions extends RunOptions, MeasureOptions {}

/** The scores of one combination of parameters. */
export interface ScoreOfParameters<G extends ParameterGrid> extends Scores {
  readonly parameters: ParametersOf<G>;
  /** Whether every fit converged. */
  readonly converged: boolean;
}

/** The result of {@link gridSearch}. */
export interface GridSearchResult<H extends Head, G extends ParameterGrid> {
  /** The parameters with the highest score. If several scores are equal to within 1e-12, the first of them. */
  readonly parameters: ParametersOf<G>;
  /** A head with these parameters, fitted on all rows of x. */
  readonly head: H;
  /** One entry for each combination, in the order of the grid: the last parameter changes fastest. */
  readonly scores: readonly ScoreOfParameters<G>[];
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/**
 * Chooses the parameters of any head (γ, the components of `nystroem`, the bias) by their score on rows that the head
 * was not fitted on. It tries every combination of the given values, as scikit-learn's `GridSearchCV`. To choose only C
 * of a linear head, `selectC` is faster.
 *
 * @param head - Makes an unfitted head with a combination of parameters.
 * @param grid - The values to try for each parameter, the simplest first: among equal scores the first wins.
 * @throws FerError `INVALID_ARGUMENT` if the grid, the folds, the validation rows or the scoring don't suit x;
 *   otherwise as `fit`.
 *
 * @example
 * ```ts
 * const { parameters, head } = await gridSearch(
 *   ({ C, gamma }) => rbfSVM({ C, gamma }),
 *   { C: [1, 10], gamma: [0.01, 'auto'] as const },
 *   features,
 *   train,
 *   { folds: 5, scoring: 'macroF1' },
 * );
 * ```
 */
export async function gridSearch<H extends Head, const G extends ParameterGrid>(
  head: (parameters: ParametersOf<G>) => H,
  grid: G,
  x: FeatureMatrix,
  y: Labels,
  options: GridSearchOptions = {},
): Promise<GridSearchResult<H, G>> {
  const begun = performance.now();
  checkOptions('gridSearch', options, [...MEASURE_OPTIONS, ...RUN_OPTIONS]);
  const { validation } = options;
  const { onProgress, signal } = bindRunOptions(options);
  const candidates = combinations(grid);
  const scoring = resolveScoring(options.scoring);
  const folds = resolveMeasure('gridSearch', { x, y }, options);
  const run = { onProgress, signal };

  const make = headMaker(head);

  async function fitted(
    parameters: ParametersOf<G>,
    train: LabelledRows,
    fold?: Fold,
  ): Promise<{ made: H; converged: boolean }> {
    const made = make(parameters);
    try {
      const { converged } = await fitWithout(fold, () => made.fit(train.x, train.y, run));
      return { made, converged };
    } catch (error) {
      made.dispose();
      throw error;
    }
  }

  const scores: number[][] = candidates.map(() => []);
  const converged = candidates.map(() => true);
  // Fold by fold, so that only one fold's copy of the rows exists at a time.
  for (const fold of folds ?? [undefined]) {
    const train = fold ? rowsOf({ x, y }, fold.kept) : { x, y };
    const test = fold ? rowsOf({ x, y }, fold.held) : validation!;
    for (const [g, parameters] of candidates.entries()) {
      const { made, converged: reached } = await fitted(parameters, train, fold);
      try {
        scores[g].push(scoring(test.y.labels, await made.predict(test.x, { signal }), y.classes));
      } finally {
        made.dispose();
      }
      converged[g] &&= reached;
    }
  }
  const found = candidates.map((parameters, g) => ({
    parameters,
    ...scoresOf(scores[g], validation, options.scoring),
    converged: converged[g],
  }));
  const best = bestOf(found.map(({ score }) => score));
  const chosen = await fitted(candidates[best], { x, y });
  found[best] = { ...found[best], converged: found[best].converged && chosen.converged };
  return {
    parameters: candidates[best],
    head: chosen.made,
    scores: found,
    seconds: (performance.now() - begun) / 1000,
  };
}

function rowsOf({ x, y }: LabelledRows, rows: ArrayLike<number>): LabelledRows {
  return { x: selectFeatures(x, rows), y: selectLabels(y, rows) };
}

/** Every combination, the last parameter changing fastest. */
function combinations<G extends ParameterGrid>(grid: G): ParametersOf<G>[] {
  checkObject('grid', grid, 'give { name: [values] }');
  const names = Object.keys(grid);
  for (const name of names) {
    const values: unknown = grid[name];
    if (Array.isArray(values) && values.length > 0) continue;
    const what = Array.isArray(values) ? 'empty' : describeValue(values);
    throw new FerError('INVALID_ARGUMENT', `grid.${name} is ${what}: give one value or more in an array.`);
  }
  if (names.length === 0) throw new FerError('INVALID_ARGUMENT', 'grid is empty: give one parameter or more.');
  let all: Record<string, unknown>[] = [{}];
  for (const name of names) all = all.flatMap((some) => grid[name].map((value) => ({ ...some, [name]: value })));
  return all as ParametersOf<G>[];
}
