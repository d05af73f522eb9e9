import { describe, expect, it } from 'vitest';
import { checksums } from '../../src/rows/checksum.js';

const of = (...numbers: number[]) =>
  checksums({ data: Float32Array.from(numbers), rows: 1, columns: numbers.length })[0];

describe('checksums', () => {
  it('differ for all small changes of a row', () => {
    for (const columns of [1, 2, 3, 4, 5, 8, 11, 16]) {
      const row = Array.from({ length: columns }, (_, j) => j + 1);
      const changed = [row, row.map((v) => -v), [...row].reverse(), row.map((v) => 2 * v), row.map(() => 0)];
      for (let j = 0; j < columns; j++) {
        for (const value of [
          0,
          -0,
          row[j] + 1,
          -row[j],
          row[j] + 1e-6 * row[j],
          Number.NaN,
          Number.POSITIVE_INFINITY,
        ]) {
          changed.push(row.with(j, value));
          // Both signs change the highest bits only.
          for (let i = 0; i < j; i++) changed.push(row.with(j, -row[j]).with(i, -row[i]));
        }
        changed.push([...row.slice(j), ...row.slice(0, j)]);
      }
      const rows = new Set(changed.map((numbers) => new Int32Array(Float32Array.from(numbers).buffer).join()));
      expect(new Set(changed.map((numbers) => of(...numbers))).size).toBe(rows.size);
    }
  });

  it('of rows depend on their numbers only, not on where these are', () => {
    const data = Float32Array.from({ length: 71 }, (_, i) => Math.fround(Math.sin(i % 14)));
    const sums = checksums({ data: data.subarray(1), rows: 10, columns: 7 });
    expect(sums).toEqual(checksums({ data: data.slice(1), rows: 10, columns: 7 }));
    expect(new Set(sums).size).toBe(2);
    expect(sums[2]).toBe(of(...data.subarray(15, 22)));
    expect(checksums({ data: data.subarray(0, 0), rows: 0, columns: 7 })).toHaveLength(0);
  });
});
