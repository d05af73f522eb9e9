import { checkOptions, FerError, type JsonObject } from 'fer-core';
import type { ClassWeight } from '../rows/targets.js';
import { checkGamma, type Gamma } from './rbfKernel.js';

/** Options of `rbfSVM`; the names are scikit-learn's SVC's, and mean what they mean there. */
export interface RbfSVMOptions {
  /**
   * The most that a row may count for, above 0. The smaller, the smoother.
   *
   * @default 1
   */
  readonly C?: number | undefined;
  /**
   * Width of the kernel exp(−γ‖x − z‖²): a number above 0; `'scale'`, 1 / (d · variance of all features); or `'auto'`,
   * 1 / d, scikit-learn's default before 0.22 and what the original ran.
   *
   * @default 'scale'
   */
  readonly gamma?: Gamma | undefined;
  /**
   * `'balanced'` weighs each class by n / (k · its rows); an array gives one positive number per class. They multiply C.
   *
   * @default undefined (every class counts 1)
   */
  readonly classWeight?: ClassWeight | undefined;
  /**
   * The largest violation of the optimality conditions that is left.
   *
   * @default 1e-3
   */
  readonly tolerance?: number | undefined;
  /**
   * Steps of two variables at most, a pair of classes; where they are not enough `fit` says `converged: false`.
   *
   * @default 10000000
   */
  readonly maxIterations?: number | undefined;
  /**
   * Bytes for rows of the kernel matrix. Where all of a pair's rows fit (4 · their number squared) each kernel value is
   * calculated once.
   *
   * @default 209715200
   */
  readonly cacheBytes?: number | undefined;
}

/** {@link RbfSVMOptions} with every default filled in. */
export type ResolvedRbfOptions = Required<Omit<RbfSVMOptions, 'classWeight'>> & { readonly classWeight: ClassWeight };

/** @throws FerError `INVALID_ARGUMENT`, naming the option. */
export function resolveRbfOptions(options: RbfSVMOptions): ResolvedRbfOptions {
  checkOptions('rbfSVM', options, ['C', 'gamma', 'classWeight', 'tolerance', 'maxIterations', 'cacheBytes']);
  const resolved: ResolvedRbfOptions = {
    C: options.C ?? 1,
    gamma: options.gamma ?? 'scale',
    classWeight: options.classWeight,
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

/** As `classifier.json` keeps them. */
export function rbfOptionsToJson({ classWeight, ...rest }: ResolvedRbfOptions): JsonObject {
  return classWeight === undefined ? rest : { ...rest, classWeight };
}
