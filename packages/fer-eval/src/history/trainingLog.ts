import { type EpochRecord, FerError } from 'fer-core';

const COLUMNS = [
  'epoch',
  'loss',
  'accuracy',
  'validationLoss',
  'validationAccuracy',
  'learningRate',
  'seconds',
] as const satisfies readonly (keyof EpochRecord)[];

/** A training history as CSV with a header and one line per epoch; what an epoch lacks is an empty cell. */
export function historyToCsv(history: readonly EpochRecord[]): string {
  const lines = history.map((epoch) => COLUMNS.map((column) => epoch[column] ?? '').join(','));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}

/** A training history as JSON lines, one epoch each. A number that is not finite, as a diverged loss, is `null`. */
export function historyToJsonLines(history: readonly EpochRecord[]): string {
  return history.map((epoch) => `${JSON.stringify(pick(epoch))}\n`).join('');
}

function pick(epoch: EpochRecord): Partial<EpochRecord> {
  return Object.fromEntries(COLUMNS.map((column) => [column, epoch[column]]));
}

/**
 * Exponentially weighted mean without bias towards the start: sᵢ = Σⱼ factorⁱ⁻ʲ · xⱼ / Σⱼ factorⁱ⁻ʲ over j ≤ i, as pandas'
 * `ewm(alpha=1 - factor).mean()`. (With s₁ = x₁ in the usual recursion the first value would weigh 1 / (1 − factor) times
 * as much as any other.)
 *
 * @param factor - From 0 (no smoothing) to below 1.
 * @throws FerError `INVALID_ARGUMENT` for another factor.
 */
export function smooth(values: readonly number[], factor = 0.9): number[] {
  if (!(factor >= 0 && factor < 1)) {
    throw new FerError('INVALID_ARGUMENT', `the smoothing factor is ${factor}: give a number from 0 to below 1.`);
  }
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = factor * sum + value;
    weight = factor * weight + 1;
    return sum / weight;
  });
}
