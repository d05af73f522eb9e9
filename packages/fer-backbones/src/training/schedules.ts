import { checkOptions, type EpochRecord, FerError } from 'fer-core';

/**
 * The learning rate's factor at a step: `step` is 0-based, of `steps` in all; `history` holds the epochs that are done.
 * It depends on these alone, so that a resumed training goes on with the same rates.
 */
export type Schedule = (step: number, steps: number, history: readonly EpochRecord[]) => number;

/** The same rate throughout. */
export function constant(): Schedule {
  return () => 1;
}

/**
 * Keras' `decay`: 1 / (1 + decay · step), as the original uses with 1e-6.
 *
 * @param decay - Per step, 0 or above. @default 1e-6
 * @throws FerError `INVALID_ARGUMENT`
 */
export function inverseTimeDecay(decay = 1e-6): Schedule {
  demand(decay >= 0 && Number.isFinite(decay), 'decay', decay, '0 or a positive number');
  return (step) => 1 / (1 + decay * step);
}

/**
 * From 1 to 0 along half a cosine (Loshchilov & Hutter, 2017), after a linear rise.
 *
 * @param options - `warmup`: share of all steps that rise, 0 to below 1. @default 0
 * @throws FerError `INVALID_ARGUMENT`
 */
export function cosine(options: { readonly warmup?: number } = {}): Schedule {
  checkOptions('cosine', options, ['warmup']);
  const { warmup = 0 } = options;
  demand(warmup >= 0 && warmup < 1, 'warmup', warmup, 'from 0 to below 1');
  return (step, steps) => {
    const rise = warmup * steps;
    if (step < rise) return Math.min(1, (step + 1) / rise);
    return fall((step - rise) / Math.max(1, steps - rise));
  };
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** Share of all steps that rise, 0 to below 1. @default 0.3 */
  readonly warmup?: number | undefined;
  /** The first factor, above 0. @default 1 / 25 */
  readonly start?: number | undefined;
  /** The last factor, 0 or above. @default 1 / 250,000 */
  readonly end?: number | undefined;
}

/**
 * One cycle (Smith & Topin, 2018), with the defaults of PyTorch's `OneCycleLR`: up to 1 and down, each half a cosine.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  checkOptions('oneCycle', options, ['warmup', 'start', 'end']);
  const { warmup = 0.3, start = 1 / 25, end = 4e-6 } = options;
  demand(warmup >= 0 && warmup < 1, 'warmup', warmup, 'from 0 to below 1');
  demand(start > 0 && Number.isFinite(start), 'start', start, 'a positive number');
  demand(end >= 0 && Number.isFinite(end), 'end', end, '0 or a positive number');
  return (step, steps) => {
    const peak = Math.max(0, warmup * steps - 1);
    if (step < peak) return 1 + (start - 1) * fall(step / peak);
    return end + (1 - end) * fall((step - peak) / Math.max(1, steps - 1 - peak));
  };
}

/** Options of {@link plateau}. */
export interface PlateauOptions {
  /** What the rate is multiplied by, above 0 and below 1. @default 0.5 */
  readonly factor?: number | undefined;
  /** Epochs without improvement before it is. @default 5 */
  readonly patience?: number | undefined;
  /** What must improve: the validation's where there is one, else the training's. @default 'accuracy' */
  readonly monitor?: 'loss' | 'accuracy' | undefined;
  /** An improvement is more than this above the best so far (of the loss: below). 0 or above. @default 1e-4, as in Keras */
  readonly minDelta?: number | undefined;
}

/**
 * Lowers the rate when the epochs no longer improve, as Keras' `ReduceLROnPlateau` without cooldown and minimum.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function plateau(options: PlateauOptions = {}): Schedule {
  checkOptions('plateau', options, ['factor', 'patience', 'monitor', 'minDelta']);
  const { factor = 0.5, patience = 5, monitor = 'accuracy', minDelta = 1e-4 } = options;
  demand(factor > 0 && factor < 1, 'factor', factor, 'above 0 and below 1');
  demand(Number.isInteger(patience) && patience >= 1, 'patience', patience, 'a whole number from 1');
  demand(monitor === 'accuracy' || monitor === 'loss', 'monitor', monitor, "'accuracy' or 'loss'");
  demand(minDelta >= 0 && Number.isFinite(minDelta), 'minDelta', minDelta, '0 or a positive number');
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

/** How good an epoch was, higher being better: its validation's figure where there is one, else the training's. */
export function scoreOf(record: EpochRecord, monitor: 'loss' | 'accuracy'): number {
  if (monitor === 'loss') return -(record.validationLoss ?? record.loss);
  return record.validationAccuracy ?? record.accuracy;
}

/** Half a cosine from 1 at 0 to 0 at 1. */
function fall(share: number): number {
  return 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share)));
}

function demand(holds: boolean, name: string, value: unknown, what: string): void {
  if (!holds) throw new FerError('INVALID_ARGUMENT', `${name} is ${value}: it must be ${what}.`);
}
