import type { EpochRecord } from 'fer-core';
import { expect, it } from 'vitest';
import { historyToCsv, historyToJsonLines, smooth } from '../../src/index.js';

const history: EpochRecord[] = [
  { epoch: 1, loss: 1.5, accuracy: 0.4, learningRate: 1e-4, seconds: 12.5 },
  {
    epoch: 2,
    loss: 1.25,
    accuracy: 0.5,
    validationLoss: 1.3,
    validationAccuracy: 0.48,
    learningRate: 1e-7,
    seconds: 12,
  },
];

it('writes CSV with empty cells where an epoch lacks a figure', () => {
  expect(historyToCsv(history)).toBe(
    'epoch,loss,accuracy,validationLoss,validationAccuracy,learningRate,seconds\n' +
      '1,1.5,0.4,,,0.0001,12.5\n' +
      '2,1.25,0.5,1.3,0.48,1e-7,12\n',
  );
});

it('writes JSON lines of the record alone', () => {
  const withMore = history.map((epoch) => ({ ...epoch, kind: 'epoch' as const, epochs: 2 }));
  const lines = historyToJsonLines(withMore).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(history);
});

it('smooths as pandas does, without bias towards the start', () => {
  // Σ 0.9ⁱ⁻ʲ xⱼ / Σ 0.9ⁱ⁻ʲ, the formula of pandas' ewm(alpha=0.1, adjust=True), computed in Python.
  const expected = [1, 1.5263157894736843, 0.9630996309963099, 2.1369584181448094];
  expect(smooth([1, 2, 0, 5], 0.9)).toEqual(expected.map((value) => expect.closeTo(value, 12)));
  expect(smooth([3, 1, 2], 0)).toEqual([3, 1, 2]);
  expect(smooth([])).toEqual([]);
  expect(() => smooth([1], 1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
