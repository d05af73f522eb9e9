import {
  checkBoolean,
  checkChoice,
  checkOptions,
  type FitResult,
  type JsonObject,
  type LinearLayer,
  type RunOptions,
} from 'fer-core';
import { checkCount, checkPositive } from '../numbers.js';
import { type ClassWeight, copyClassWeight } from '../rows/targets.js';

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
export function resolveOptions(options: LinearHeadOptions, defaultBias: 'regularised' | 'free'): ResolvedOptions {
  checkOptions('a linear head', options, NAMES);
  const { C = 0.01, tolerance = 1e-7, maxIterations = 200, biasScaling = 1, standardise = false } = options;
  const { bias = defaultBias } = options;
  for (const [name, value] of Object.entries({ C, tolerance, biasScaling })) checkPositive(name, value);
  checkCount('maxIterations', maxIterations);
  checkChoice('bias', bias, ['regularised', 'free', 'none']);
  checkBoolean('standardise', standardise);
  const classWeight = copyClassWeight(options.classWeight);
  return { C, classWeight, tolerance, maxIterations, bias, biasScaling, standardise };
}

/** The options as `classifier.json` stores them. */
export function optionsToJson(options: ResolvedOptions): JsonObject {
  const { classWeight, ...rest } = options;
  return classWeight === undefined ? rest : { ...rest, classWeight };
}
