import { checkObjects, type EpochRecord } from 'fer-core';

/**
 * Checks that an argument is a history.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkHistory(history: readonly EpochRecord[]): void {
  checkObjects('the epochs', history, "give the history of the backbone's fit");
}
