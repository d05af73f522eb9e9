import { checkOptions, type JsonObject } from 'fer-core';
import { checkCount, checkPositive } from '../numbers.js';
import { type ClassWeight, copyClassWeight } from '../rows/targets.js';
import { checkGamma, type Gamma } from './rbfKernel.js';

/** Options of `rbfSVM`. Names and meanings are those of scikit-learn's `SVC`. */
export interface RbfSVMOptions {
  /**
   * Regularisation parameter: the upper limit of each row's coefficient α. Must be above 0. Smaller values regularise
   * more strongly.
   *
   * @default 1
   */
  readonly C?: number | undefined;
  /**
   * Coefficient γ of the kernel exp(−γ‖x − z‖²): a number above 0; `'scale'`, which is 1 / (d · variance of all
   * features); or `'auto'`, which is 1 / d. `'auto'` was scikit-learn's default before 0.22 and is what the original
   * used.
   *
   * @default 'scale'
   */
  readonly gamma?: Gamma | undefined;
  /**
   * Multiplies C of each class. `'balanced'` weights each class by n / (k · rows of the class); an array gives one
   * positive number per class.
   *
   * @default undefined (weight 1 for every class)
   */
  readonly classWeight?: ClassWeight | undefined;
  /**
   * The solver stops when the largest violation of the optimality conditions is at most this.
   *
   * @default 1e-3
   */
  readonly tolerance?: number | undefined;
  /**
   * Limit on solver iterations for each pair of classes; an iteration changes two variables. If the limit is reached,
   * `fit` returns `converged: false`.
   *
   * @default 10000000
   */
  readonly maxIterations?: number | undefined;
  /**
   * Size of the kernel cache in bytes. If it holds all of a pair's rows (4 · rows² bytes), each kernel value is
   * computed only once.
   *
   * @default 209715200
   */
  readonly cacheBytes?: number | undefined;
}

/** {@link RbfSVMOptions} with every default filled in. */
export type ResolvedRbfOptions = Required<Omit<RbfSVMOptions, 'classWeight'>> & { readonly classWeight: ClassWeight };

/** @throws FerError `INVALID_ARGUMENT`, naming the option that is out of range. */
export function resolveRbfOptions(options: RbfSVMOptions): ResolvedRbfOptions {
  checkOptions('rbfSVM', options, ['C', 'gamma', 'classWeight', 'tolerance', 'maxIterations', 'cacheBytes']);
  const { C = 1, gamma = 'scale', tolerance = 1e-3, maxIterations = 1e7, cacheBytes = 200 * 2 ** 20 } = options;
  for (const [name, value] of Object.entries({ C, tolerance, cacheBytes })) checkPositive(name, value);
  checkCount('maxIterations', maxIterations);
  checkGamma(gamma);
  const classWeight = copyClassWeight(options.classWeight);
  return { C, gamma, classWeight, tolerance, maxIterations, cacheBytes };
}

/** The options as `classifier.json` stores them. */
export function rbfOptionsToJson({ classWeight, ...rest }: ResolvedRbfOptions): JsonObject {
  return classWeight === undefined ? rest : { ...rest, classWeight };
}
