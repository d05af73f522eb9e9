import { checkFeatures, checkLabels, type FeatureMatrix, FerError, type Labels, type RunOptions } from 'fer-core';
import { pacer } from '../rows/pacer.js';
import { checkFolds, stratifiedRows } from './folds.js';
import type { LinearHead, Reuse } from './linearHead.js';
import { type LinearFitOptions, positive } from './options.js';
import { prepareMatrix } from './prepare.js';

/** Where {@link selectC} looks, and what it measures on: exactly one of `folds` and `validation`. */
export interface SelectCOptions extends RunOptions {
  /**
   * The values to try, in any order.
   *
   * @default [1e-4, 1e-3, 1e-2, 1e-1, 1]
   */
  readonly grid?: readonly number[];
  /**
   * Cross-validation: how many folds, chosen by `seed` so that classes keep their proportions, or the rows (from 0)
   * that each fold holds out. A fold's rows are copied while it is worked on.
   */
  readonly folds?: number | readonly ArrayLike<number>[];
  /** Labelled features that are not among those learned from. */
  readonly validation?: { readonly x: FeatureMatrix; readonly y: Labels };
  /**
   * Of the choice of folds, where they are a number.
   *
   * @default 0
   */
  readonly seed?: number | string;
}

/** What one value of C came to. */
export interface ScoreOfC {
  readonly C: number;
  /** Accuracy, 0..1, on the validation rows; over folds the mean. */
  readonly accuracy: number;
  /** Of that: over folds s / √folds, s being their standard deviation (n − 1); else √(p (1 − p) / rows). */
  readonly standardError: number;
  /** The accuracy on each fold, or the only one. */
  readonly accuracies: readonly number[];
  /** Whether every fit converged. */
  readonly converged: boolean;
}

/** What {@link selectC} found. */
export interface SelectedC<H extends LinearHead> {
  /** The value of the highest accuracy; of equal ones the smallest. */
  readonly C: number;
  /** Fitted with it, on all rows of x. */
  readonly head: H;
  /** One entry a value, C ascending. */
  readonly scores: readonly ScoreOfC[];
  /** How often the features were read, by all fits together; those of a fold count as the share that they are. */
  readonly passes: number;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

const GRID = [1e-4, 1e-3, 1e-2, 1e-1, 1];

/**
 * Chooses C by accuracy on rows not learned from, along a path: from the smallest value up, each fit starts where the
 * one before it ended, so that the whole path costs less than its hardest fits would alone.
 *
 * @param head - Makes an unfitted head of a value, with whatever other options it is to have.
 * @throws FerError `INVALID_ARGUMENT` where the grid, the folds or the validation rows are none, or not ones that x
 *   allows; else as `fit`.
 *
 * @example
 * ```ts
 * const { C, head, scores } = await selectC((C) => linearL2SVM({ C }), features, train, { folds: 5 });
 * ```
 */
export async function selectC<H extends LinearHead>(
  head: (C: number) => H,
  x: FeatureMatrix,
  y: Labels,
  options: SelectCOptions = {},
): Promise<SelectedC<H>> {
  const begun = performance.now();
  const { folds, validation, seed = 0, onProgress, signal } = options;
  const grid = checkGrid(options.grid ?? GRID);
  if ((folds === undefined) === (validation === undefined)) {
    throw new FerError('INVALID_ARGUMENT', 'selectC needs rows to measure on: give either folds or validation.');
  }
  checkFeatures(x);
  checkLabels(y, x.rows);
  let passes = 0;
  const run = { onProgress, signal };

  /** Fits and measures each value in turn. */
  async function path(train: Data, test: Data): Promise<{ accuracies: number[]; converged: boolean[]; heads: H[] }> {
    const accuracies: number[] = [];
    const converged: boolean[] = [];
    const heads: H[] = [];
    const prepared = await prepareMatrix(train.x, pacer(signal));
    for (const C of grid) {
      const next = head(C);
      const once: LinearFitOptions & Reuse = { ...run, start: heads.at(-1)?.toLayer(), prepared };
      const result = await next.fit(train.x, train.y, once);
      passes += (result.passes * train.x.rows) / x.rows;
      accuracies.push(accuracy(await next.predict(test.x, { signal }), test.y.labels));
      converged.push(result.converged);
      heads.push(next);
    }
    return { accuracies, converged, heads };
  }

  if (validation) {
    checkFeatures(validation.x, x.columns);
    checkLabels(validation.y, validation.x.rows);
    if (validation.x.rows === 0 || validation.y.classes.join('\n') !== y.classes.join('\n')) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `validation has ${validation.x.rows} rows of classes [${validation.y.classes.join(', ')}]: give one or more, of [${y.classes.join(', ')}].`,
      );
    }
    const { accuracies, converged, heads } = await path({ x, y }, validation);
    const scores = grid.map((C, g) => ({
      ...scoreOf(C, [accuracies[g]], converged[g]),
      standardError: Math.sqrt((accuracies[g] * (1 - accuracies[g])) / validation.x.rows),
    }));
    const best = bestOf(scores);
    heads.forEach((each, g) => {
      if (g !== best) each.dispose();
    });
    return finish(scores, best, heads[best]);
  }

  const held = typeof folds === 'number' ? stratifiedRows(y, folds, seed) : folds!;
  checkFolds(held, x.rows);
  const paths: { accuracies: number[]; converged: boolean[] }[] = [];
  for (const rows of held) {
    const out = new Set(Array.from(rows));
    const kept = Array.from({ length: x.rows }, (_, i) => i).filter((i) => !out.has(i));
    const { heads, ...found } = await path(takeRows({ x, y }, kept), takeRows({ x, y }, rows));
    for (const each of heads) each.dispose();
    paths.push(found);
  }
  const scores = grid.map((C, g) =>
    scoreOf(
      C,
      paths.map(({ accuracies }) => accuracies[g]),
      paths.every(({ converged }) => converged[g]),
    ),
  );
  const best = bestOf(scores);
  const chosen = head(grid[best]);
  const { passes: last, converged } = await chosen.fit(x, y, run);
  passes += last;
  return finish(
    scores.map((score, g) => (g === best ? { ...score, converged: score.converged && converged } : score)),
    best,
    chosen,
  );

  function finish(scores: readonly ScoreOfC[], best: number, chosen: H): SelectedC<H> {
    const seconds = (performance.now() - begun) / 1000;
    return { C: grid[best], head: chosen, scores, passes: Math.ceil(passes), seconds };
  }
}

interface Data {
  readonly x: FeatureMatrix;
  readonly y: Labels;
}

function checkGrid(given: readonly number[]): number[] {
  if (given.length === 0) throw new FerError('INVALID_ARGUMENT', 'grid is empty: give one value of C or more.');
  given.forEach((C, i) => void positive(`grid[${i}]`, C));
  return [...new Set(given)].sort((a, b) => a - b);
}

function takeRows({ x, y }: Data, rows: ArrayLike<number>): Data {
  const d = x.columns;
  const k = y.classes.length;
  const data = new Float32Array(rows.length * d);
  const labels = new Uint8Array(rows.length);
  const soft = y.soft && new Float32Array(rows.length * k);
  for (let i = 0; i < rows.length; i++) {
    data.set(x.data.subarray(rows[i] * d, (rows[i] + 1) * d), i * d);
    labels[i] = y.labels[rows[i]];
    soft?.set(y.soft!.subarray(rows[i] * k, (rows[i] + 1) * k), i * k);
  }
  return { x: { data, rows: rows.length, columns: d }, y: { labels, classes: y.classes, soft } };
}

function accuracy(predicted: Uint8Array, labels: Uint8Array): number {
  return predicted.reduce((sum, label, i) => sum + Number(label === labels[i]), 0) / labels.length;
}

function scoreOf(C: number, accuracies: readonly number[], converged: boolean): ScoreOfC {
  const folds = accuracies.length;
  const mean = accuracies.reduce((a, b) => a + b, 0) / folds;
  const variance = accuracies.reduce((sum, p) => sum + (p - mean) ** 2, 0) / (folds - 1);
  return { C, accuracy: mean, standardError: Math.sqrt(variance / folds), accuracies, converged };
}

/** Of equal accuracies the first, which is the smallest C. */
function bestOf(scores: readonly ScoreOfC[]): number {
  return scores.reduce((best, { accuracy }, g) => (accuracy > scores[best].accuracy ? g : best), 0);
}
