import {
  bindRunOptions,
  breathe,
  checkFunction,
  checkOptions,
  describeValue,
  FerError,
  Random,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { checkWhole } from '../arguments/numbers.js';
import { normalCdf, normalQuantile } from './normal.js';
import { type ConfidenceOptions, checkConfidence, type Interval } from './wilson.js';

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions extends ConfidenceOptions, RunOptions {
  /**
   * Number of resamples, at least 100.
   *
   * @default 2000
   */
  readonly resamples?: number | undefined;
  /**
   * The same seed gives the same interval.
   *
   * @default 0
   */
  readonly seed?: number | string | undefined;
}

/** The result of {@link bootstrapInterval}. */
export interface Bootstrap extends Interval {
  /** The statistic of the original rows. */
  readonly estimate: number;
  /** Standard deviation of the statistic over the resamples. */
  readonly standardError: number;
}

/** How many rows are processed before yielding to the event loop. */
const VISITS_PER_BREATH = 4e6;

/**
 * The bias-corrected and accelerated bootstrap interval (BCa; Efron 1987) of any statistic of n rows. Use it for
 * metrics without a formula for the interval, such as macro F1. It resamples rows, so predictions for the same image
 * stay paired.
 *
 * @param n - Number of rows, at least 2.
 * @param statistic - Computes the metric of some rows, given as indices in 0..n−1 that may repeat. The result must be
 *   finite. It is called `resamples` + n + 1 times, always with the same array, whose content changes.
 * @throws FerError `INVALID_ARGUMENT` if `n` or an option is out of range, `INVALID_DATA` if the statistic is not a
 *   finite number.
 *
 * @example
 * ```ts
 * const { low, high } = await bootstrapInterval(n, (rows) => macroF1(rows), { seed: 7 });
 * ```
 */
export async function bootstrapInterval(
  n: number,
  statistic: (rows: Uint32Array) => number,
  options: BootstrapOptions = {},
): Promise<Bootstrap> {
  const { confidence, resamples, seed, signal } = checkBootstrap('bootstrapInterval', n, options);
  checkFunction('the statistic', statistic);
  const measure = (rows: Uint32Array) => {
    const value = statistic(rows);
    if (Number.isFinite(value)) return value;
    throw new FerError(
      'INVALID_DATA',
      `the statistic of a resample is ${describeValue(value)}: return a finite number for any rows.`,
    );
  };
  const random = new Random(seed).split('bootstrap');
  const rows = Uint32Array.from({ length: n }, (_, i) => i);
  const estimate = measure(rows);

  const left = new Float64Array(n);
  const others = rows.slice(1);
  const perBreath = Math.ceil(VISITS_PER_BREATH / n);
  const pause = async (done: number): Promise<void> => {
    await breathe(signal);
    options.onProgress?.({ kind: 'transform', done, total: n + resamples });
  };
  for (let i = 0; i < n; i++) {
    if (i % perBreath === 0) await pause(i);
    left[i] = measure(others);
    others[i] = i; // row i is included again, row i + 1 is left out
  }
  const drawn = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    if (b % perBreath === 0) await pause(n + b);
    for (let i = 0; i < n; i++) rows[i] = random.int(n);
    drawn[b] = measure(rows);
  }
  await pause(n + resamples);
  return bcaInterval(estimate, drawn, left, confidence);
}

/** The options of a bootstrap with their defaults. */
type Resampling = Required<Omit<BootstrapOptions, keyof RunOptions>> & RunOptions;

/** Fills in the defaults. @throws FerError `INVALID_ARGUMENT` if `n` or an option is out of range. */
export function checkBootstrap(call: string, n: number, options: BootstrapOptions): Resampling {
  checkOptions(call, options, ['confidence', 'resamples', 'seed', ...RUN_OPTIONS]);
  const resampling = checkResampling(options);
  if (!(Number.isInteger(n) && n >= 2)) {
    throw new FerError('INVALID_ARGUMENT', `${describeValue(n)} rows: a bootstrap needs at least 2.`);
  }
  return resampling;
}

/** Fills in the defaults. @throws FerError `INVALID_ARGUMENT` if an option is out of range. */
export function checkResampling(options: BootstrapOptions): Resampling {
  const { confidence = 0.95, resamples = 2000, seed = 0 } = options;
  checkConfidence(confidence);
  checkWhole('resamples', resamples, 100);
  new Random(seed); // refuses anything but a seed
  return { confidence, resamples, seed, ...bindRunOptions(options) };
}

/**
 * The BCa interval of a statistic, given its values on the resamples and with each row left out.
 *
 * If all resamples lie on one side of the estimate, the bias correction would be infinite. It is then computed as if
 * half a resample were on the other side.
 */
export function bcaInterval(
  estimate: number,
  drawn: Float64Array,
  leftOut: Float64Array,
  confidence: number,
): Bootstrap {
  const sorted = drawn.slice().sort();
  const size = sorted.length;
  let below = 0;
  for (const value of sorted) below += value < estimate ? 1 : value === estimate ? 0.5 : 0;
  const bias = normalQuantile(Math.min(size - 0.5, Math.max(0.5, below)) / size);
  const acceleration = skew(leftOut) / 6;
  const bound = (quantileOfNormal: number) => {
    const z = bias + quantileOfNormal;
    return quantile(sorted, normalCdf(bias + z / (1 - acceleration * z)));
  };
  const outer = normalQuantile((1 - confidence) / 2);
  const mean = drawn.reduce((a, b) => a + b, 0) / size;
  const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / (size - 1);
  return {
    estimate,
    standardError: Math.sqrt(variance),
    low: bound(outer),
    high: bound(-outer),
  };
}

/** Σ d³ / (Σ d²)^1.5 of the distances d below the mean; 0 if there are none. */
function skew(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  let squares = 0;
  let cubes = 0;
  for (const value of values) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return squares === 0 ? 0 : cubes / squares ** 1.5;
}

/** Interpolates linearly between order statistics, like numpy's default. */
function quantile(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1);
  const at = Math.floor(position);
  const next = Math.min(at + 1, sorted.length - 1);
  return sorted[at] + (sorted[next] - sorted[at]) * (position - at);
}
