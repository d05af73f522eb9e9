import { utimesSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetDigest, type Progress, Random } from 'fer-core';
import { type Fer2013, loadFer2013 } from 'fer-data/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeRows, toCsv, whole } from './makeCsv.js';

let root: string;
let csv: string;
let cache: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-cache-'));
  csv = join(root, 'a.csv');
  cache = `${csv}.fer-cache`;
  await writeFile(csv, toCsv(makeRows(20, 1)).replace(/\n3,/, '\n8,'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const options = { cache: true, onBadRow: 'skip' } as const;

/** What was read, in little: comparing each of its values is slow. */
const digestOf = async ({ train, publicTest, privateTest, skipped }: Fer2013) => [
  ...(await Promise.all([train, publicTest!, privateTest!].map(datasetDigest))),
  ...[train, publicTest, privateTest].map((set) => set?.ids?.join()),
  JSON.stringify(skipped),
];

/** Replaces the csv by one of the same size and time, which only a cache would not see. */
async function swapUnseen(): Promise<void> {
  const other = (await readFile(csv, 'utf8')).replace(/\n2,/, '\n5,');
  await writeFile(csv, other);
  await utimes(csv, 1000, 1000);
}

describe('the cache of loadFer2013', () => {
  beforeEach(() => utimes(csv, 1000, 1000));

  it('gives what the source gave', async () => {
    const first = await loadFer2013(csv, options);
    await swapUnseen();
    const seen: number[] = [];
    const second = await loadFer2013(csv, { ...options, onProgress: (e) => e.kind === 'load' && seen.push(e.rows) });
    expect(await digestOf(second)).toEqual(await digestOf(first));
    expect(second.skipped).toHaveLength(1);
    expect(seen).toEqual([19]);
    const fresh = await loadFer2013(csv, { onBadRow: 'skip' });
    expect(fresh.train.labels).not.toEqual(second.train.labels);
  });

  it('is ignored if the source or the options differ', async () => {
    await loadFer2013(csv, options);
    await swapUnseen();
    await utimes(csv, 1000, 1001);
    const fresh = await digestOf(await loadFer2013(csv, { onBadRow: 'skip' }));
    expect(await digestOf(await loadFer2013(csv, options))).toEqual(fresh);
    await expect(loadFer2013(csv, { cache: true })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const limited = await loadFer2013(csv, { ...options, limit: 8 });
    expect(limited.train.n).toBe(8);
    expect((await loadFer2013(csv, { ...options, limit: 8, seed: 5 })).train.n).toBe(8);
    expect(await digestOf(await loadFer2013(csv, options))).toEqual(fresh);
    await writeFile(csv, toCsv(makeRows(5, 2)));
    await utimes(csv, 1000, 1001);
    expect((await loadFer2013(csv, options)).train.n).toBe(3);
  });

  it('is shared by calls that give a default and calls that leave it out', async () => {
    await writeFile(csv, toCsv(makeRows(20, 1)));
    await utimes(csv, 1000, 1000);
    const first = await digestOf(await loadFer2013(csv, { cache: true }));
    await swapUnseen();
    const defaults = { onBadRow: 'throw', seed: 0, maxBytes: 2 ** 31, limit: undefined } as const;
    expect(await digestOf(await loadFer2013(csv, { cache: true, ...defaults }))).toEqual(first);
  });

  it.each([
    ['of another version', (bytes: Buffer) => bytes.write('2', 15, 'latin1')],
    ['with another pixel', (bytes: Buffer) => bytes.writeUInt8(bytes[bytes.length - 1] ^ 1, bytes.length - 1)],
  ])('is made anew if it is one %s', async (_, change) => {
    const old = await digestOf(await loadFer2013(csv, options));
    const bytes = await readFile(cache);
    expect(bytes.toString('latin1', 0, 15)).toBe('fer-data cache ');
    change(bytes);
    await writeFile(cache, bytes);
    await swapUnseen();
    const fresh = await digestOf(await loadFer2013(csv, options));
    expect(fresh).not.toEqual(old);
    expect(fresh).toEqual(await digestOf(await loadFer2013(csv, { onBadRow: 'skip' })));
  });

  it('is not made if the source changes while it is read', async () => {
    const change = () => utimesSync(csv, 1000, 1002);
    expect((await loadFer2013(csv, { ...options, onProgress: change })).train.n).toBe(11);
    expect(await readdir(root)).toEqual(['a.csv']);
  });

  it('of training rows alone is read too', async () => {
    const rows = makeRows(5, 1).map((row) => ({ ...row, usage: 'Training' }));
    await writeFile(csv, toCsv(rows));
    const first = await loadFer2013(csv, { cache: true });
    const seen: number[] = [];
    const onProgress = (event: Progress) => event.kind === 'load' && seen.push(event.rows);
    expect(await loadFer2013(csv, { cache: true, onProgress })).toEqual(first);
    expect(seen).toEqual([5]);
  });

  it('is rewritten if it is damaged', async () => {
    const first = await digestOf(await loadFer2013(csv, options));
    const good = await readFile(cache);
    const random = new Random('damage');
    for (let i = 0; i < 15; i++) {
      const bad = Buffer.from(good);
      // The header and what is before it more often than the pixels; not what tells a cache from other files.
      const at = 15 + random.int((i % 2 ? bad.length : 300) - 15);
      bad[at] ^= 1 << random.int(8);
      await writeFile(cache, i % 5 === 4 ? bad.subarray(0, at) : bad);
      expect(await digestOf(await loadFer2013(csv, options))).toEqual(first);
      expect((await readFile(cache)).equals(good)).toBe(true);
    }
  });

  it('is only for files, and never a reason to fail', async () => {
    await expect(loadFer2013(whole('emotion'), options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(loadFer2013(join(root, 'none.csv'), options)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await readdir(root)).toEqual(['a.csv']);
    await writeFile(cache, '');
    expect((await loadFer2013(csv, options)).train.n).toBe(11);
    expect((await readdir(root)).sort()).toEqual(['a.csv', 'a.csv.fer-cache']);
    expect((await readFile(cache)).length).toBeGreaterThan(19 * 2304);
  });

  it('is skipped if it cannot be written', async () => {
    // Its name is longer than file systems allow.
    const long = join(root, `${'x'.repeat(246)}.csv`);
    await writeFile(long, toCsv(makeRows(5, 1)));
    expect((await loadFer2013(long, { cache: true })).train.n).toBe(3);
    expect((await readdir(root)).length).toBe(2);
  });

  it('never replaces a file that is not a cache', async () => {
    const message = expect.stringContaining('not a cache of fer-data');
    const refused = { code: 'INVALID_ARGUMENT', place: { file: cache }, message };
    for (const content of ['my notes', 'fer-data cach', `${'x'.repeat(100_000)}`]) {
      await writeFile(cache, content);
      await expect(loadFer2013(csv, options)).rejects.toMatchObject(refused);
      expect(await readFile(cache, 'utf8')).toBe(content);
    }
    await rm(cache);
    await mkdir(join(cache, 'in the way'), { recursive: true });
    await expect(loadFer2013(csv, options)).rejects.toMatchObject(refused);
    expect(await readdir(cache)).toEqual(['in the way']);
  });
});
