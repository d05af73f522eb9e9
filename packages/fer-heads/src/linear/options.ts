import { checkOptions, FerError, type FitResult, type JsonObject, type LinearLayer, type RunOptions } from 'fer-core';
import type { ClassWeight } from '../rows/targets.js';

/** Options of the linear heads. Names and meanings are scikit-learn's. */
export interface LinearHeadOptions {
  /**
   * Inverse regularisation strength: the weight of the loss relative to ½‖w‖². Must be above 0; smaller values
   * regularise more strongly. On FER2013's PublicTest, the default is within 0.3 points of the best of 1e-3, 1e-2 and
   * 1e-1, for features of a shallow and of a deep network. The best value differs between the two.
   *
   * @default 0.01
   */
  readonly C?: number | undefined;
  /**
   * `'balanced'` weights each class by n / (k · rows of the class); an array gives one positive number per class.
   *
   * @default undefined (weight 1 for every class)
   */
  readonly classWeight?: ClassWeight | undefined;
  /**
   * When each problem counts as solved. `converged: true` guarantees, up to float64 rounding, that its value f
   * satisfies f − f* ≤ tolerance · min(f, f₀ − f*), where f* is the minimum and f₀ the value of the best model that
   * ignores the features. The weights are then within √(2 · tolerance · min(f, f₀ − f*)) of the optimal ones.
   *
   * @default 1e-7
   */
  readonly tolerance?: number | undefined;
  /**
   * Limit on the Newton steps. If it is reached, `fit` returns `converged: false` and reports a warning.
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
   * Value of the constant feature if `bias` is `'regularised'`. Must be above 0; a larger value penalises the bias
   * less.
   *
   * @default 1
   */
  readonly biasScaling?: number | undefined;
  /**
   * Whether to train on features with mean 0 and standard deviation 1 (StandardScaler). The scaling is folded into the
   * weights, so predictions still take the original features.
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

/** Options of `fit` of a linear head, besides progress and cancellation. */
export interface LinearFitOptions extends RunOptions {
  /**
   * n numbers of at least 0: the weight of each row, multiplied by C.
   *
   * @default undefined (weight 1 for every row)
   */
  readonly sampleWeight?: ArrayLike<number> | undefined;
  /**
   * A layer to start from, of an earlier fit or of end-to-end training. It changes the time, not the result.
   *
   * @default undefined (zeros)
   */
  readonly start?: LinearLayer | undefined;
}

/** The result of `fit` of a linear head. */
export interface LinearFitResult extends FitResult {
  /** The minimised values: one per class for the SVM, a single one for softmax. */
  readonly objectives: readonly number[];
  /** How often the features were read, which takes most of the time. */
  readonly passes: number;
}

const NAMES = ['C', 'classWeight', 'tolerance', 'maxIterations', 'bias', 'biasScaling', 'standardise'];

/** @throws FerError `INVALID_ARGUMENT`, naming the option that is out of range. */
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

/** The options as `classifier.json` stores them. */
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
