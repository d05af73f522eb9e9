import type { EpochRecord } from 'fer-core';

const COLUMNS = [
  'epoch',
  'loss',
  'accuracy',
  'validationLoss',
  'validationAccuracy',
  'learningRate',
  'seconds',
] as const satisfies readonly (keyof EpochRecord)[];

/** A training history as CSV with a header and one line an epoch; what an epoch lacks is an empty cell. */
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
 * Exponential smoothing, s₁ = x₁, sᵢ = factor · sᵢ₋₁ + (1 − factor) · xᵢ, as the usual Keras plots have it.
 *
 * @param factor - From 0 (no smoothing) to below 1.
 */
export function smooth(values: readonly number[], factor = 0.9): number[] {
  const smoothed: number[] = [];
  for (const value of values) {
    const previous = smoothed.at(-1);
    smoothed.push(previous === undefined ? value : previous * factor + value * (1 - factor));
  }
  return smoothed;
}
