import { type Progress, Random } from 'fer-core';
import { loadFer2013, type SkippedRow, streamFer2013 } from 'fer-data/node';
import { describe, expect, it } from 'vitest';
import { chunked, makeRows, toCsv, whole } from './makeCsv.js';

const SPLITS = ['train', 'publicTest', 'privateTest'] as const;

describe('streamFer2013', () => {
  // 4 MiB, after which batches are given, are about 500 rows.
  const csv = new TextEncoder().encode(toCsv(makeRows(1500, 'stream')));

  it.each([1500, 256, 7, 1])('gives what loadFer2013 gives, %i rows at a time', async (batchSize) => {
    const loaded = await loadFer2013(whole(csv));
    const found = { train: [], publicTest: [], privateTest: [] } as Record<(typeof SPLITS)[number], Uint8Array[]>;
    const ids = { train: [], publicTest: [], privateTest: [] } as Record<(typeof SPLITS)[number], string[]>;
    const sizes = { train: [], publicTest: [], privateTest: [] } as Record<(typeof SPLITS)[number], number[]>;
    let told = 0;
    const onProgress = (event: Progress) => {
      if (event.kind === 'load') told = event.rows;
    };
    for await (const batch of streamFer2013(chunked(csv, new Random(1), 100_000), { batchSize, onProgress })) {
      found[batch.split].push(batch.images);
      ids[batch.split].push(...batch.ids!);
      sizes[batch.split].push(batch.n);
    }
    expect(told).toBe(1500);
    for (const split of SPLITS) {
      const expected = loaded[split]!;
      expect(Buffer.concat(found[split]).equals(expected.images)).toBe(true);
      expect(ids[split]).toEqual(expected.ids);
      expect(sizes[split].slice(0, -1).every((n) => n === batchSize)).toBe(true);
    }
  });

  it('gives the first batch long before the end', async () => {
    let read = 0;
    async function* counted() {
      for await (const chunk of chunked(csv, new Random(2), 10_000)) {
        read += chunk.length;
        yield chunk;
      }
    }
    for await (const batch of streamFer2013(counted(), { batchSize: 100 })) {
      expect(batch.n).toBe(100);
      break;
    }
    expect(read).toBeLessThan(csv.length / 2);
  });

  it('refuses bad rows, or tells of them', async () => {
    const text = toCsv(makeRows(3, 1)).replace(/\n1,/, '\n9,');
    const drain = async (onBadRow: 'throw' | 'skip', skipped: SkippedRow[]) => {
      let n = 0;
      const onSkip = (row: SkippedRow) => skipped.push(row);
      for await (const batch of streamFer2013(whole(text), { onBadRow, onSkip })) n += batch.n;
      return n;
    };
    await expect(drain('throw', [])).rejects.toMatchObject({ code: 'INVALID_DATA', place: { row: 3 } });
    const skipped: SkippedRow[] = [];
    expect(await drain('skip', skipped)).toBe(2);
    expect(skipped).toMatchObject([{ row: 3, column: 'emotion' }]);
    const empty = streamFer2013(whole('emotion,pixels,Usage\n'));
    await expect(empty.next()).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const none = streamFer2013(whole(text), { batchSize: 0 });
    await expect(none.next()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
