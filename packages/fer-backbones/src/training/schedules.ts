import { checkOptions, type EpochRecord } from 'fer-core';
import { demand, isBelow1, isCount, isFromZero, isPositive } from './demand.js';

/**
 * Returns the factor of the learning rate at a step. `step` is 0-based, out of `steps` in total; `history` holds the
 * finished epochs. The factor must be a finite number of at least 0, and depend on these arguments only, so that a
 * resumed run continues with the same rates.
 */
export type Schedule = (step: number, steps: number, history: readonly EpochRecord[]) => number;

/**
 * A constant learning rate.
 *
 * @example
 * ```ts
 * await backbone.fit(train, { learningRate: 1e-4, schedule: constant() });
 * ```
 */
export function constant(): Schedule {
  return () => 1;
}

/**
 * Keras' `decay`: 1 / (1 + decay · step). The original uses 1e-6.
 *
 * @param decay - Per step, at least 0. @default 1e-6
 * @throws FerError `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * const schedule = inverseTimeDecay(1e-3);
 * schedule(1000, 5000, []); // 0.5
 * await backbone.fit(train, { learningRate: 1e-4, schedule });
 * ```
 */
export function inverseTimeDecay(decay = 1e-6): Schedule {
  demand(isFromZero(decay), 'decay', decay, '0 or a positive number');
  return (step) => 1 / (1 + decay * step);
}

/**
 * Decreases from 1 to 0 along half a cosine (Loshchilov & Hutter, 2017), after a linear warm-up.
 *
 * @param options - `warmup`: the fraction of all steps that warm up, from 0 to below 1. @default 0
 * @throws FerError `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * const schedule = cosine();
 * schedule(50, 100, []); // 0.5, half-way
 * await backbone.fit(train, { learningRate: 1e-3, schedule: cosine({ warmup: 0.05 }) });
 * ```
 */
export function cosine(options: { readonly warmup?: number | undefined } = {}): Schedule {
  checkOptions('cosine', options, ['warmup']);
  const { warmup = 0 } = options;
  demand(isBelow1(warmup), 'warmup', warmup, 'from 0 to below 1');
  return (step, steps) => {
    const rise = warmup * steps;
    if (step < rise) return Math.min(1, (step + 1) / rise);
    return fall((step - rise) / Math.max(1, steps - rise));
  };
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** The fraction of all steps in which the rate rises, from 0 to below 1. @default 0.3 */
  readonly warmup?: number | undefined;
  /** The first factor, above 0. @default 1 / 25 */
  readonly start?: number | undefined;
  /** The last factor, at least 0. @default 1 / 250,000 */
  readonly end?: number | undefined;
}

/**
 * The one-cycle schedule (Smith & Topin, 2018) with the defaults of PyTorch's `OneCycleLR`: up to 1 and down again,
 * each along half a cosine.
 *
 * @throws FerError `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * await backbone.fit(train, { epochs: 30, optimizer: sgd(), learningRate: 0.1, schedule: oneCycle() });
 * ```
 */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  checkOptions('oneCycle', options, ['warmup', 'start', 'end']);
  const { warmup = 0.3, start = 1 / 25, end = 4e-6 } = options;
  demand(isBelow1(warmup), 'warmup', warmup, 'from 0 to below 1');
  demand(isPositive(start), 'start', start, 'a positive number');
  demand(isFromZero(end), 'end', end, '0 or a positive number');
  return (step, steps) => {
    const peak = Math.max(0, warmup * steps - 1);
    if (step < peak) return 1 + (start - 1) * fall(step / peak);
    return end + (1 - end) * fall((step - peak) / Math.max(1, steps - 1 - peak));
  };
}

/** Options of {@link plateau}. */
export interface PlateauOptions {
  /** Factor by which the rate is reduced, above 0 and below 1. @default 0.5 */
  readonly factor?: number | undefined;
  /** How many epochs without improvement to wait before reducing the rate. @default 5 */
  readonly patience?: number | undefined;
  /**
   * The metric to watch: that of the validation set if there is one, otherwise that of the training set. @default
   * 'accuracy'
   */
  readonly monitor?: 'loss' | 'accuracy' | undefined;
  /** The smallest change that counts as an improvement, at least 0. @default 1e-4, as in Keras */
  readonly minDelta?: number | undefined;
}

/**
 * Reduces the rate when the epochs no longer improve, as Keras' `ReduceLROnPlateau` does, without its cooldown and
 * minimum.
 *
 * @throws FerError `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * const schedule = plateau({ patience: 3, monitor: 'loss' });
 * await backbone.fit(train, { epochs: 60, validation: publicTest, schedule });
 * ```
 */
export function plateau(options: PlateauOptions = {}): Schedule {
  checkOptions('plateau', options, ['factor', 'patience', 'monitor', 'minDelta']);
  const { factor = 0.5, patience = 5, monitor = 'accuracy', minDelta = 1e-4 } = options;
  demand(isPositive(factor) && factor < 1, 'factor', factor, 'above 0 and below 1');
  demand(isCount(patience), 'patience', patience, 'a whole number from 1');
  demand(monitor === 'accuracy' || monitor === 'loss', 'monitor', monitor, "'accuracy' or 'loss'");
  demand(isFromZero(minDelta), 'minDelta', minDelta, '0 or a positive number');
  return (_step, _steps, history) => {
    let rate = 1;
    let best = -Infinity;
    let waited = 0;
    for (const record of history) {
      const score = scoreOf(record, monitor);
      if (score > best + minDelta) {
        best = score;
        waited = 0;
        continue;
      }
      waited++;
      if (waited >= patience) {
        rate *= factor;
        waited = 0;
      }
    }
    return rate;
  };
}

/**
 * Returns the score of an epoch, higher being better: on the validation set if there is one, otherwise on the training
 * set.
 */
export function scoreOf(record: EpochRecord, monitor: 'loss' | 'accuracy'): number {
  if (monitor === 'loss') return -(record.validationLoss ?? record.loss);
  return record.validationAccuracy ?? record.accuracy;
}

/** Half a cosine, from 1 at 0 to 0 at 1. */
function fall(share: number): number {
  return 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share)));
}
