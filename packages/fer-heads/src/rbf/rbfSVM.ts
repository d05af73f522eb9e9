import {
  argmaxRows,
  bindRunOptions,
  breathe,
  checkFeatures,
  checkLabels,
  checkOptions,
  type FeatureMatrix,
  FerError,
  type FitResult,
  type Head,
  type Labels,
  type PartLoader,
  RUN_OPTIONS,
  type RunOptions,
  resolveLabels,
} from 'fer-core';
import { pacer } from '../rows/pacer.js';
import { warnNotConverged } from '../rows/warning.js';
import { cachedRows } from './kernelCache.js';
import { rbfKernel, resolveGamma } from './rbfKernel.js';
import { countVotes, loadRbf, pairIndex, pairScores, type RbfModel, saveRbf } from './rbfModel.js';
import { type RbfSVMOptions, type ResolvedRbfOptions, rbfOptionsToJson, resolveRbfOptions } from './rbfOptions.js';
import { type SmoResult, solveSmo } from './smo.js';

/** The result of `fit` of {@link rbfSVM}. */
export interface RbfFitResult extends FitResult {
  /** The γ that was used. */
  readonly gamma: number;
  /** How many support vectors each class has. */
  readonly supportVectors: readonly number[];
}

/** A support vector machine with the RBF kernel. */
export interface RbfSVM extends Head {
  /**
   * Trains on n rows, replacing what was learned before. Only hard labels are used; soft labels are ignored.
   * `iterations` and `objective` (of the dual) are summed over the pairs of classes.
   *
   * @throws FerError `INVALID_DATA` if x or y break their contracts or do not match, or if a class has no rows;
   *   `INVALID_ARGUMENT` if `classWeight` does not fit the data.
   */
  fit(x: FeatureMatrix, y?: Labels, options?: RunOptions): Promise<RbfFitResult>;
}

const KIND = 'rbf-svm';

/**
 * A support vector machine with the kernel exp(−γ‖x − z‖²). It trains one two-class machine per pair of classes and
 * lets them vote, as scikit-learn's `SVC(kernel='rbf')` and libsvm's C-SVC do, and solves each problem exactly.
 *
 * `decisionFunction` returns the same as scikit-learn with `decision_function_shape='ovr'`: the votes of each class,
 * plus a term of at most ⅓ in size that breaks ties by the sums of the pair scores. `predict` returns its argmax, as
 * scikit-learn does with `break_ties=True`. Without that option, scikit-learn assigns tied rows to the first class
 * (about 1 % of the rows with seven classes).
 *
 * Time and memory grow with the square of the number of rows, so this head suits some thousands of rows. For all of
 * FER2013 see `nystroem`.
 *
 * @throws FerError `INVALID_ARGUMENT` if an option is out of range.
 * @example
 * ```ts
 * const head = rbfSVM({ C: 1, gamma: 'auto' });
 * const { converged, supportVectors } = await head.fit(features, train);
 * const predicted = await head.predict(testFeatures);
 * ```
 */
export function rbfSVM(options: RbfSVMOptions = {}): RbfSVM {
  return makeRbfSVM(options);
}

/** Loads a saved {@link rbfSVM}. */
export const rbfSVMLoader: PartLoader<RbfSVM> = {
  kind: KIND,
  async load(part) {
    const model = loadRbf(part);
    try {
      return makeRbfSVM((part.config.options ?? {}) as RbfSVMOptions, model);
    } catch (cause) {
      throw new FerError('CORRUPT', `the saved ${KIND} has options it cannot have: save it again.`, {}, { cause });
    }
  },
};

const RBF_ADVICE = 'raise maxIterations, scale the features, or lower C';

function makeRbfSVM(given: RbfSVMOptions, initial?: RbfModel): RbfSVM {
  const options = resolveRbfOptions(given);
  let model = initial;
  const fitted = (): RbfModel => {
    if (model) return model;
    throw new FerError('NOT_FITTED', 'the head has learned nothing yet: call fit first.');
  };
  const scores = async (call: string, x: FeatureMatrix, run?: RunOptions) => {
    checkOptions(call, run, RUN_OPTIONS);
    const learned = fitted();
    return countVotes(await pairScores(learned, x, run), x.rows, learned.classes.length);
  };
  return {
    get classes() {
      return model?.classes ?? [];
    },
    async fit(x, y, run) {
      checkOptions('fit of rbfSVM', run, RUN_OPTIONS);
      const fit = await fitRbf(options, x, resolveLabels(x, y), run);
      model = fit.model;
      if (!fit.result.converged) warnNotConverged(run, RBF_ADVICE);
      return fit.result;
    },
    decisionFunction: (x, run) => scores('decisionFunction', x, run),
    predict: async (x, run) => argmaxRows(await scores('predict', x, run)),
    serialize: async () => saveRbf(KIND, fitted(), rbfOptionsToJson(options)),
    dispose() {
      model = undefined;
    },
  };
}

async function fitRbf(
  options: ResolvedRbfOptions,
  x: FeatureMatrix,
  y: Labels,
  run: RunOptions = {},
): Promise<{ model: RbfModel; result: RbfFitResult }> {
  const { onProgress, signal } = bindRunOptions(run);
  const begun = performance.now();
  await breathe(signal);
  checkFeatures(x);
  const groups = groupRows(y, x.rows);
  const k = groups.length;
  const gamma = resolveGamma(options.gamma, x);
  const limits = classLimits(options, groups, x.rows);
  const kernel = rbfKernel(x, gamma);
  const pause = pacer(signal);
  const d = x.columns;
  /** αy of each row, in the problem of its class against each other class. */
  const found = groups.map((rows) => Array.from({ length: k - 1 }, () => new Float64Array(rows.length)));
  const biases = new Float64Array((k * (k - 1)) / 2);
  const solved: SmoResult[] = [];
  for (let a = 0; a < k; a++) {
    for (let b = a + 1; b < k; b++) {
      const first = groups[a].length;
      const rows = new Int32Array(first + groups[b].length);
      rows.set(groups[a]);
      rows.set(groups[b], first);
      const offsets = new Int32Array(rows.length);
      const z = new Float64Array(d);
      const cache = cachedRows(rows.length, options.cacheBytes, (row, columns, from, to, out) => {
        for (let t = from; t < to; t++) offsets[t] = rows[columns[t]];
        const at = rows[row] * d;
        for (let j = 0; j < d; j++) z[j] = x.data[at + j];
        kernel.against(z, offsets, [from, to], out);
      });
      const labels = Array.from(rows, (_, t) => (t < first ? 1 : -1));
      const caps = Array.from(rows, (_, t) => limits[t < first ? a : b]);
      const result = await solveSmo(cache, labels, caps, { ...options, pause });
      result.alpha.subarray(0, first).forEach((alpha, t) => {
        found[a][b - 1][t] = alpha;
      });
      result.alpha.subarray(first).forEach((alpha, t) => {
        found[b][a][t] = -alpha;
      });
      biases[pairIndex(a, b, k)] = result.bias;
      solved.push(result);
      onProgress?.({
        kind: 'solver',
        iteration: solved.length,
        objective: solved.reduce((sum, { objective }) => sum + objective, 0),
        gradient: 1 - solved.length / biases.length,
      });
    }
  }
  const model = { classes: [...y.classes], gamma, biases, ...supportVectors(x, groups, found) };
  return {
    model,
    result: {
      iterations: solved.reduce((sum, { iterations }) => sum + iterations, 0),
      converged: solved.every(({ converged }) => converged),
      objective: solved.reduce((sum, { objective }) => sum + objective, 0),
      seconds: (performance.now() - begun) / 1000,
      gamma,
      supportVectors: model.counts,
    },
  };
}

/** The rows with a nonzero α in any problem, grouped by class. */
function supportVectors(
  { data, columns: d }: FeatureMatrix,
  groups: readonly Int32Array[],
  found: readonly (readonly Float64Array[])[],
): Pick<RbfModel, 'vectors' | 'counts' | 'coefficients'> {
  const kept = groups.map((rows, c) => [...rows.keys()].filter((t) => found[c].some((alphas) => alphas[t] !== 0)));
  const counts = kept.map(({ length }) => length);
  const s = counts.reduce((a, b) => a + b, 0);
  const vectors = { data: new Float32Array(s * d), rows: s, columns: d };
  const coefficients = new Float64Array((groups.length - 1) * s);
  let at = 0;
  for (const [c, rows] of kept.entries()) {
    for (const t of rows) {
      vectors.data.set(data.subarray(groups[c][t] * d, (groups[c][t] + 1) * d), at * d);
      for (const [row, alphas] of found[c].entries()) coefficients[row * s + at] = alphas[t];
      at++;
    }
  }
  return { vectors, counts, coefficients };
}

/** The rows of each class. */
function groupRows(y: Labels, n: number): Int32Array[] {
  checkLabels(y, n);
  const { labels, classes } = y;
  if (classes.length < 2) {
    throw new FerError('INVALID_DATA', `one class, [${classes.join()}]: give two or more to tell apart.`);
  }
  return classes.map((name, c) => {
    const rows = Int32Array.from([...labels.keys()].filter((i) => labels[i] === c));
    if (rows.length > 0) return rows;
    throw new FerError('INVALID_DATA', `class "${name}" has no rows: add some, or leave the class out.`);
  });
}

/** Returns C for the rows of each class. */
function classLimits({ C, classWeight }: ResolvedRbfOptions, groups: readonly Int32Array[], n: number): number[] {
  if (classWeight === undefined) return groups.map(() => C);
  if (classWeight === 'balanced') return groups.map(({ length }) => (C * n) / (groups.length * length));
  if (classWeight.length !== groups.length) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${classWeight.length} class weights for ${groups.length} classes: give one per class.`,
    );
  }
  return classWeight.map((weight) => C * weight);
}
