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

it('smooths as the recursion says', () => {
  expect(smooth([1, 2, 0], 0.9)).toEqual(
    [1, 0.9 + 0.1 * 2, 0.9 * (0.9 + (1 - 0.9) * 2)].map((v) => expect.closeTo(v, 12)),
  );
  expect(smooth([])).toEqual([]);
});
