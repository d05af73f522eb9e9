import {
  argmaxRows,
  breathe,
  checkFeatures,
  checkLabels,
  type FeatureMatrix,
  FerError,
  type FitResult,
  type Head,
  type JsonObject,
  type Labels,
  type PartLoader,
  type RunOptions,
} from 'fer-core';
import { cachedRows } from './kernelCache.js';
import { pacer } from './pacer.js';
import { checkGamma, type Gamma, rbfKernel, resolveGamma } from './rbfKernel.js';
import { countVotes, loadRbf, pairIndex, pairScores, type RbfModel, saveRbf } from './rbfModel.js';
import { type SmoResult, solveSmo } from './smo.js';
import type { ClassWeight } from './targets.js';

/** Options of {@link rbfSVM}; the names are scikit-learn's SVC's, and mean what they mean there. */
export interface RbfSVMOptions {
  /**
   * The most that a row may count for, above 0. The smaller, the smoother.
   *
   * @default 1
   */
  readonly C?: number;
  /**
   * Width of the kernel exp(−γ‖x − z‖²): a number above 0; `'scale'`, 1 / (d · variance of all features); or `'auto'`,
   * 1 / d, scikit-learn's default before 0.22 and what the original ran.
   *
   * @default 'scale'
   */
  readonly gamma?: Gamma;
  /**
   * `'balanced'` weighs each class by n / (k · its rows); an array gives one positive number a class. They multiply C.
   *
   * @default undefined (every class counts 1)
   */
  readonly classWeight?: ClassWeight;
  /**
   * Which class rows go to whose votes tie (with seven classes a percent of them, give or take): the one that comes first, which is
   * what scikit-learn does by default; or, where true, the one with the larger pair scores, so that `predict` is the
   * argmax of `decisionFunction` for every row.
   *
   * @default false
   */
  readonly breakTies?: boolean;
  /**
   * The largest violation of the optimality conditions that is left.
   *
   * @default 1e-3
   */
  readonly tolerance?: number;
  /**
   * Steps of two variables at most, a pair of classes; where they are not enough `fit` says `converged: false`.
   *
   * @default 10000000
   */
  readonly maxIterations?: number;
  /**
   * Bytes for rows of the kernel matrix. Where all of a pair's rows fit (4 · their number squared) each kernel value is
   * calculated once.
   *
   * @default 209715200
   */
  readonly cacheBytes?: number;
}

type Resolved = Required<Omit<RbfSVMOptions, 'classWeight'>> & { readonly classWeight: ClassWeight };

/** What `fit` of {@link rbfSVM} returns. */
export interface RbfFitResult extends FitResult {
  /** The γ that was used. */
  readonly gamma: number;
  /** How many support vectors each class has. */
  readonly supportVectors: readonly number[];
}

/** A support vector machine with the RBF kernel. */
export interface RbfSVM extends Head {
  /**
   * Learns from n rows, replacing what was learned before. Hard labels count; soft ones are not looked at.
   * `iterations` and `objective` (of the dual) are summed over the pairs of classes.
   *
   * @throws FerError `INVALID_DATA` where x or y break their contracts or do not match, or a class has no rows;
   *   `INVALID_ARGUMENT` where `classWeight` does not fit the data.
   */
  fit(x: FeatureMatrix, y: Labels, options?: RunOptions): Promise<RbfFitResult>;
}

const KIND = 'rbf-svm';

/**
 * A support vector machine with the kernel exp(−γ‖x − z‖²), one machine a pair of classes, which vote: scikit-learn's
 * `SVC(kernel='rbf')` and libsvm's C-SVC, solved exactly.
 *
 * `decisionFunction` is scikit-learn's of `decision_function_shape='ovr'`: the votes of each class, plus a term below
 * ⅓ in size that breaks ties by the sums of its pair scores.
 *
 * Time and memory grow with the square of the rows: made for some thousands. For all of FER2013 see `nystroem`.
 *
 * @throws FerError `INVALID_ARGUMENT` where an option is out of its range.
 *
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

/** Reads back a saved {@link rbfSVM}. */
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

function makeRbfSVM(given: RbfSVMOptions, initial?: RbfModel): RbfSVM {
  const options = resolve(given);
  let model = initial;
  const fitted = (): RbfModel => {
    if (model) return model;
    throw new FerError('NOT_FITTED', 'the head has learned nothing yet: call fit first.');
  };
  const votes = async (x: FeatureMatrix, run?: RunOptions) => {
    const learned = fitted();
    return countVotes(await pairScores(learned, x, run?.signal), x.rows, learned.classes.length);
  };
  return {
    get classes() {
      return model?.classes ?? [];
    },
    async fit(x, y, run) {
      const fit = await fitRbf(options, x, y, run);
      model = fit.model;
      return fit.result;
    },
    decisionFunction: async (x, run) => (await votes(x, run)).decision,
    async predict(x, run) {
      const { decision, most } = await votes(x, run);
      return options.breakTies ? argmaxRows(decision) : most;
    },
    serialize: async () => saveRbf(KIND, fitted(), toJson(options)),
    dispose() {
      model = undefined;
    },
  };
}

async function fitRbf(
  options: Resolved,
  x: FeatureMatrix,
  y: Labels,
  { onProgress, signal }: RunOptions = {},
): Promise<{ model: RbfModel; result: RbfFitResult }> {
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
  /** αy of each row in the problem of its class against each other class. */
  const found = groups.map((rows) => Array.from({ length: k - 1 }, () => new Float64Array(rows.length)));
  const biases = new Float64Array((k * (k - 1)) / 2);
  const solved: SmoResult[] = [];
  for (let a = 0; a < k; a++) {
    for (let b = a + 1; b < k; b++) {
      const rows = Int32Array.of(...groups[a], ...groups[b]);
      const first = groups[a].length;
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

/** The rows that have an α in any problem, class by class. */
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

/** C of each class's rows. */
function classLimits({ C, classWeight }: Resolved, groups: readonly Int32Array[], n: number): number[] {
  if (classWeight === undefined) return groups.map(() => C);
  if (classWeight === 'balanced') return groups.map(({ length }) => (C * n) / (groups.length * length));
  if (classWeight.length !== groups.length) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${classWeight.length} class weights for ${groups.length} classes: give one a class.`,
    );
  }
  return classWeight.map((weight) => C * weight);
}

function resolve(options: RbfSVMOptions): Resolved {
  const resolved: Resolved = {
    C: options.C ?? 1,
    gamma: options.gamma ?? 'scale',
    classWeight: options.classWeight,
    breakTies: options.breakTies ?? false,
    tolerance: options.tolerance ?? 1e-3,
    maxIterations: options.maxIterations ?? 1e7,
    cacheBytes: options.cacheBytes ?? 200 * 2 ** 20,
  };
  const { gamma, classWeight } = resolved;
  for (const name of ['C', 'tolerance', 'maxIterations', 'cacheBytes'] as const) positive(name, resolved[name]);
  checkGamma(gamma);
  if (Array.isArray(classWeight)) classWeight.forEach((weight, i) => void positive(`classWeight[${i}]`, weight));
  else if (classWeight !== undefined && classWeight !== 'balanced') {
    throw new FerError(
      'INVALID_ARGUMENT',
      `classWeight is ${String(classWeight)}: it must be 'balanced' or an array of numbers.`,
    );
  }
  return resolved;
}

function positive(name: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return;
  throw new FerError('INVALID_ARGUMENT', `${name} is ${String(value)}: it must be a finite number above 0.`);
}

function toJson({ classWeight, ...rest }: Resolved): JsonObject {
  return classWeight === undefined ? rest : { ...rest, classWeight };
}
