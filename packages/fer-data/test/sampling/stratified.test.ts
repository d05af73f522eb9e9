import { classCounts, type Dataset } from 'fer-core';
import { stratifiedSplit, stratifiedSubset } from 'fer-data';
import { describe, expect, it } from 'vitest';

/** FER2013's training counts, a tenth. */
const COUNTS = [399, 44, 410, 721, 483, 317, 496];

function made(): Dataset {
  const labels = Uint8Array.from(COUNTS.flatMap((count, c) => new Array<number>(count).fill(c))).map(
    (_, i, all) => all[(i * 1009) % all.length],
  );
  const n = labels.length;
  const images = Uint8Array.from({ length: n }, (_, i) => i % 256);
  const ids = Array.from(labels, (_, i) => String(i));
  return { images, n, height: 1, width: 1, channels: 1, labels, classes: [...'abcdefg'], ids };
}

describe('stratifiedSubset', () => {
  it('keeps proportions by largest remainders, and the order', () => {
    const data = made();
    expect(Array.from(classCounts(data))).toEqual(COUNTS);
    const subset = stratifiedSubset(data, 100, { seed: 3 });
    // 100·counts/2870 = 13.90 1.53 14.29 25.12 16.83 11.05 17.28: 97 seats, and 3 to .90, .83, .53.
    expect(Array.from(classCounts(subset))).toEqual([14, 2, 14, 25, 17, 11, 17]);
    const rows = subset.ids!.map(Number);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect(rows.every((row, i) => subset.labels[i] === data.labels[row] && subset.images[i] === row % 256)).toBe(true);
  });

  it('depends on the seed alone', () => {
    const ids = (seed: number) => stratifiedSubset(made(), 50, { seed }).ids;
    expect(ids(1)).toEqual(ids(1));
    expect(ids(1)).not.toEqual(ids(2));
    expect(stratifiedSubset(made(), 2870).ids).toEqual(made().ids);
  });

  it('refuses sizes it can not give', () => {
    for (const n of [0, 2871, 1.5, Number.NaN]) {
      expect(() => stratifiedSubset(made(), n)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});

describe('stratifiedSplit', () => {
  it('shares the rows out, each once, in proportion', () => {
    const [rest, part] = stratifiedSplit(made(), 0.2, { seed: 5 });
    expect([rest.n, part.n]).toEqual([2296, 574]);
    // counts/5 = 79.8 8.8 82 144.2 96.6 63.4 99.2: 571 seats, and 3 to .8, .8, .6.
    expect(Array.from(classCounts(part))).toEqual([80, 9, 82, 144, 97, 63, 99]);
    const all = [...rest.ids!, ...part.ids!].map(Number).sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 2870 }, (_, i) => i));
    expect(stratifiedSplit(made(), 0.2, { seed: 5 })[1].ids).toEqual(part.ids);
    expect(stratifiedSplit(made(), 0.2, { seed: 6 })[1].ids).not.toEqual(part.ids);
  });

  it('refuses fractions that leave a part empty', () => {
    for (const fraction of [0, 1, -0.1, 1e-6, Number.NaN]) {
      expect(() => stratifiedSplit(made(), fraction)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});
