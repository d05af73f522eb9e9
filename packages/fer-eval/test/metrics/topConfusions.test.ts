import { expect, it } from 'vitest';
import { topConfusions } from '../../src/index.js';

const matrix = {
  classes: ['a', 'b', 'c'],
  counts: [
    [50, 30, 20],
    [6, 10, 4],
    [0, 12, 28],
  ],
};

it('orders confusions by their share of the actual class, equal ones by rows', () => {
  expect(topConfusions(matrix)).toEqual([
    { actual: 'a', predicted: 'b', count: 30, support: 100, share: 0.3 },
    { actual: 'c', predicted: 'b', count: 12, support: 40, share: 0.3 },
    { actual: 'b', predicted: 'a', count: 6, support: 20, share: 0.3 },
  ]);
  expect(topConfusions(matrix, { count: 1 })).toHaveLength(1);
});

it('leaves out confusions of few rows, and never names a class confused with itself', () => {
  expect(topConfusions(matrix, { count: 10 }).map(({ count }) => count)).toEqual([30, 12, 6, 20]);
  expect(topConfusions(matrix, { count: 10, least: 4 }).map(({ count }) => count)).toEqual([30, 12, 6, 20, 4]);
  expect(
    topConfusions(
      {
        classes: ['a', 'b'],
        counts: [
          [9, 0],
          [0, 9],
        ],
      },
      { least: 1 },
    ),
  ).toEqual([]);
});

it.each([{ count: 0 }, { count: 1.5 }, { least: 0 }])('refuses %o', (options) => {
  expect(() => topConfusions(matrix, options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
