import { stratifiedRows } from 'fer-core';
import { describe, expect, it } from 'vitest';

const labels = Uint8Array.from({ length: 100 }, (_, i) => (i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2));
const y = { labels, classes: ['a', 'b', 'c'] };

describe('stratifiedRows', () => {
  it('holds every row out once, ascending, classes in proportion', () => {
    const folds = stratifiedRows(y, 7, 1);
    expect(folds.flat().sort((a, b) => a - b)).toEqual([...labels.keys()]);
    for (const rows of folds) {
      expect(rows).toEqual([...rows].sort((a, b) => a - b));
      expect([14, 15]).toContain(rows.length);
      [60, 30, 10].forEach((count, c) => {
        const held = rows.filter((row) => labels[row] === c).length;
        expect([Math.floor(count / 7), Math.ceil(count / 7)]).toContain(held);
      });
    }
  });

  it('depends on the seed alone', () => {
    expect(stratifiedRows(y, 3, 1)).toEqual(stratifiedRows(y, 3, 1));
    expect(stratifiedRows(y, 3, 1)).not.toEqual(stratifiedRows(y, 3, 2));
  });

  it('refuses fewer than 2 folds, more folds than rows, and fractions', () => {
    for (const k of [1, 101, 2.5, Number.NaN]) expect(() => stratifiedRows(y, k, 0)).toThrow(/from 2 to 100/);
    expect(stratifiedRows(y, 100, 0).every(({ length }) => length === 1)).toBe(true);
  });
});
