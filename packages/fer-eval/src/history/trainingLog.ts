import { checkArray, describeValue, type EpochRecord, FerError } from 'fer-core';
import { checkFinite } from '../arguments/numbers.js';
import { checkHistory } from './checkHistory.js';

const COLUMNS = [
  'epoch',
  'loss',
  'accuracy',
  'validationLoss',
  'validationAccuracy',
  'learningRate',
  'seconds',
] as const satisfies readonly (keyof EpochRecord)[];

/**
 * Converts a training history to CSV with a header and one line per epoch. Missing values are empty cells.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but a list of epochs with numbers.
 *
 * @example
 * ```ts
 * const { history } = await backbone.fit(train, { epochs: 20, validation: publicTest });
 * await writeFileAtomic('history.csv', historyToCsv(history));
 * ```
 */
export function historyToCsv(history: readonly EpochRecord[]): string {
  checkHistory(history);
  const lines = history.map((epoch) => COLUMNS.map((column) => epoch[column] ?? '').join(','));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}

/**
 * Converts a training history to JSON lines, one per epoch. A number that is not finite, such as a diverged loss, is
 * `null`.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but a list of epochs with numbers.
 *
 * @example
 * ```ts
 * const { history } = await backbone.fit(train, { epochs: 20 });
 * await writeFileAtomic('history.jsonl', historyToJsonLines(history));
 * ```
 */
export function historyToJsonLines(history: readonly EpochRecord[]): string {
  checkHistory(history);
  return history.map((epoch) => `${JSON.stringify(pick(epoch))}\n`).join('');
}

function pick(epoch: EpochRecord): Partial<EpochRecord> {
  return Object.fromEntries(COLUMNS.map((column) => [column, epoch[column]]));
}

/**
 * Exponentially weighted mean with bias correction: sᵢ = Σⱼ factorⁱ⁻ʲ · xⱼ / Σⱼ factorⁱ⁻ʲ over j ≤ i, as pandas'
 * `ewm(alpha=1 - factor).mean()`. (The usual recursion with s₁ = x₁ weights the first value 1 / (1 − factor) times as
 * much as any other.)
 *
 * @param factor - From 0 (no smoothing) to below 1.
 * @throws FerError `INVALID_ARGUMENT` if the factor is out of range, or a value is not a finite number.
 *
 * @example
 * ```ts
 * smooth([1, 0, 0], 0.5); // [ 1, 0.3333…, 0.1428… ]
 * ```
 */
export function smooth(values: readonly number[], factor = 0.9): number[] {
  if (!(typeof factor === 'number' && factor >= 0 && factor < 1)) {
    const given = describeValue(factor);
    throw new FerError('INVALID_ARGUMENT', `the smoothing factor is ${given}: give a number from 0 to below 1.`);
  }
  checkArray('the values', values);
  let sum = 0;
  let weight = 0;
  // Not `map`, which would round to the type of a typed array.
  return Array.from(values, (value, i) => {
    checkFinite(`value ${i + 1}`, value);
    sum = factor * sum + value;
    weight = factor * weight + 1;
    return sum / weight;
  });
}
