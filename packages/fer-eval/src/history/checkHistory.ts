import { checkObjects, describeValue, type EpochRecord, FerError } from 'fer-core';
import { checkWhole } from '../arguments/numbers.js';

/** Values that every epoch has, and those that it may have. Either is `null` if JSON had no number for it. */
const REQUIRED = ['loss', 'accuracy', 'learningRate', 'seconds'] as const satisfies readonly (keyof EpochRecord)[];
const OPTIONAL = ['validationLoss', 'validationAccuracy'] as const satisfies readonly (keyof EpochRecord)[];

/**
 * Checks that an argument is a history: a list of epochs with their numbers. Those of a training that diverged may be
 * NaN or infinite, or `null` after a way through JSON.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkHistory(history: readonly EpochRecord[]): void {
  const advice = "give the history of the backbone's fit";
  checkObjects('the epochs', history, advice);
  for (const [i, epoch] of history.entries()) {
    checkWhole(`the number of epoch ${i + 1}`, epoch.epoch, 0);
    for (const key of [...REQUIRED, ...OPTIONAL]) {
      const value: unknown = epoch[key];
      if (typeof value === 'number' || value === null) continue;
      if (value === undefined && OPTIONAL.some((optional) => optional === key)) continue;
      throw new FerError('INVALID_ARGUMENT', `the ${key} of epoch ${i + 1} is ${describeValue(value)}: ${advice}.`);
    }
  }
}
