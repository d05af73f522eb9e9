import { checkOptions, FerError, type FitResult, type JsonObject, type LinearLayer, type RunOptions } from 'fer-core';
import type { ClassWeight } from '../rows/targets.js';

/** Options of the linear heads; the names are scikit-learn's, and mean what they mean there. */
export interface LinearHeadOptions {
  /**
   * The weight of the loss against ½‖w‖², above 0. The smaller, the stronger the regularisation. The default is
   * within 0.3 points of the best of 1e-3, 1e-2 and 1e-1 on FER2013's PublicTest, on the features of a shallow and of
   * a deep network; which is best differs between the two.
   *
   * @default 0.01
   */
  readonly C?: number | undefined;
  /**
   * `'balanced'` weighs each class by n / (k · its rows); an array gives one positive number per class.
   *
   * @default undefined (every class counts 1)
   */
  readonly classWeight?: ClassWeight | undefined;
  /**
   * When each problem counts as solved. `converged: true` guarantees, to float64 rounding, that its value f satisfies
   * f − f* ≤ tolerance · min(f, f₀ − f*), where f* is the least possible value and f₀ that of the best model that ignores
   * the features. The weights are then within √(2 · tolerance · min(f, f₀ − f*)) of the best ones.
   *
   * @default 1e-7
   */
  readonly tolerance?: number | undefined;
  /**
   * The largest number of Newton steps. Where it is reached first, `fit` returns `converged: false` and reports a warning.
   *
   * @default 200
   */
  readonly maxIterations?: number | undefined;
  /**
   * `'regularised'`: a constant feature of value `biasScaling`, whose weight is in ½‖w‖² like the others
   * (LinearSVC). `'free'`: a bias that costs nothing (LogisticRegression). `'none'`: scores pass through the origin.
   *
   * @default 'regularised' for the SVM, 'free' for softmax
   */
  readonly bias?: 'regularised' | 'free' | 'none' | undefined;
  /**
   * The constant feature's value where `bias` is `'regularised'`, above 0: the larger, the freer the bias.
   *
   * @default 1
   */
  readonly biasScaling?: number | undefined;
  /**
   * Whether to learn on features of mean 0 and standard deviation 1 (StandardScaler). The result is folded back, so
   * the head still takes the features as they are.
   *
   * @default false
   */
  readonly standardise?: boolean | undefined;
}

/** {@link LinearHeadOptions} with every default filled in. */
export interface ResolvedOptions {
  readonly C: number;
  readonly classWeight: ClassWeight;
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly bias: 'regularised' | 'free' | 'none';
  readonly biasScaling: number;
  readonly standardise: boolean;
}

/** What `fit` of a linear head takes besides progress and cancellation. */
export interface LinearFitOptions extends RunOptions {
  /**
   * n numbers from 0: how much each row counts, times C.
   *
   * @default undefined (every row counts 1)
   */
  readonly sampleWeight?: ArrayLike<number> | undefined;
  /**
   * Where to start from: the layer of an earlier fit, or of end-to-end training. It changes the time, not the result.
   *
   * @default undefined (zeros)
   */
  readonly start?: LinearLayer | undefined;
}

/** What `fit` of a linear head returns. */
export interface LinearFitResult extends FitResult {
  /** The values minimised: of the SVM one per class, of softmax one. */
  readonly objectives: readonly number[];
  /** How often the features were read, which takes most of the time. */
  readonly passes: number;
}

const NAMES = ['C', 'classWeight', 'tolerance', 'maxIterations', 'bias', 'biasScaling', 'standardise'];

/** @throws FerError `INVALID_ARGUMENT`, naming the option. */
export function resolveOptions(options: LinearHeadOptions, bias: 'regularised' | 'free'): ResolvedOptions {
  checkOptions('a linear head', options, NAMES);
  const resolved: ResolvedOptions = {
    C: options.C ?? 0.01,
    classWeight: options.classWeight,
    tolerance: options.tolerance ?? 1e-7,
    maxIterations: options.maxIterations ?? 200,
    bias: options.bias ?? bias,
    biasScaling: options.biasScaling ?? 1,
    standardise: options.standardise ?? false,
  };
  const { classWeight } = resolved;
  for (const name of ['C', 'tolerance', 'biasScaling'] as const) positive(name, resolved[name]);
  if (!Number.isInteger(resolved.maxIterations) || resolved.maxIterations < 1) {
    throw invalid('maxIterations', resolved.maxIterations, 'a whole number from 1');
  }
  if (!['regularised', 'free', 'none'].includes(resolved.bias)) {
    throw invalid('bias', resolved.bias, "'regularised', 'free' or 'none'");
  }
  if (typeof resolved.standardise !== 'boolean') throw invalid('standardise', resolved.standardise, 'true or false');
  if (Array.isArray(classWeight)) classWeight.forEach((weight, i) => void positive(`classWeight[${i}]`, weight));
  else if (classWeight !== undefined && classWeight !== 'balanced') {
    throw invalid('classWeight', classWeight, "'balanced' or an array of numbers");
  }
  return resolved;
}

/** As `classifier.json` keeps them. */
export function optionsToJson(options: ResolvedOptions): JsonObject {
  const { classWeight, ...rest } = options;
  return classWeight === undefined ? rest : { ...rest, classWeight };
}

export function positive(name: string, value: number): void {
  if (!(typeof value === 'number' && value > 0 && Number.isFinite(value))) {
    throw invalid(name, value, 'a finite number above 0');
  }
}

function invalid(name: string, value: unknown, rule: string): FerError {
  return new FerError('INVALID_ARGUMENT', `${name} is ${String(value)}: it must be ${rule}.`);
}
