import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type LoadProgress, type Progress, Random } from 'fer-core';
import { parseFer2013, syntheticFaces } from 'fer-data';
import { exportCsv, loadFer2013, streamFer2013 } from 'fer-data/node';
import { describe, expect, it } from 'vitest';
import { limitBytes, peek } from '../../src/fer2013/byteSource.js';
import { FaceRows } from '../../src/fer2013/faceRows.js';
import { checkBatchSize } from '../../src/fer2013/fer2013Batches.js';
import { readHeader, readRecord } from '../../src/fer2013/fer2013Record.js';
import { foreignFormat } from '../../src/fer2013/foreignFormat.js';
import { chunked, makeRows, toCsv, whole } from './makeCsv.js';

const LAYOUT = { emotion: 0, pixels: 1, usage: 2, columns: 3 };
const pixels = (value: string | number = 7) => Array.from({ length: 2304 }, () => value).join(' ');

describe('foreignFormat', () => {
  const bytes = (text: string, length = 600) => {
    const head = new Uint8Array(length).fill(65);
    head.set(Uint8Array.from(text, (char) => char.charCodeAt(0)));
    return head;
  };

  it.each([
    ['\xff\xd8\xff', 'a JPEG image'],
    ['\x89PNG', 'a PNG image'],
    ['PK\x03\x04', 'a zip archive: unpack it first'],
    ['BZh', 'a bzip2 file: unpack it first'],
    ['\xfd7zXZ', 'an xz file: unpack it first'],
    ['\x1f\x8b', 'gzip within gzip: unpack it first'],
    ['\xff\xfe', 'text in UTF-16: save it as UTF-8'],
    ['\xfe\xff', 'text in UTF-16: save it as UTF-8'],
    ['<html>', 'a web page (HTML or XML): download it again'],
    [' \r\n\t<?xml', 'a web page (HTML or XML): download it again'],
    ['A\0', 'binary data'],
  ])('knows %j', (start, name) => {
    expect(foreignFormat(bytes(start))).toBe(name);
    // With a part of the mark only, it may be text.
    if (start.length > 2 && !start.includes('<')) expect(foreignFormat(bytes(start.slice(0, -1)))).toBeUndefined();
  });

  it('treats anything else as text, and reads no more than needed', () => {
    expect(foreignFormat(bytes('emotion,pixels'))).toBeUndefined();
    expect(foreignFormat(bytes('a < b'))).toBeUndefined();
    expect(foreignFormat(bytes(`${' '.repeat(63)}<html>`))).toBe('a web page (HTML or XML): download it again');
    expect(foreignFormat(bytes(`${' '.repeat(64)}<html>`))).toBeUndefined();
    expect(foreignFormat(bytes(`${'a'.repeat(511)}\0`))).toBe('binary data');
    expect(foreignFormat(bytes(`${'a'.repeat(512)}\0`))).toBeUndefined();
    expect(foreignFormat(Uint8Array.of(80))).toBeUndefined();
  });
});

describe('readHeader', () => {
  it('finds the columns in any order and case, and numbers all of them', () => {
    expect(readHeader([' Usage', 'x', 'PIXELS ', 'Emotion'], 'a', 1)).toEqual({
      emotion: 3,
      pixels: 2,
      usage: 0,
      columns: 4,
    });
    expect(readHeader(['emotion', 'pixels'], 'a', 1).usage).toBe(-1);
  });

  it('shows 60 letters of a header that it cannot use', () => {
    expect(() => readHeader(['x'.repeat(60)], 'a', 3)).toThrow(`it is "${'x'.repeat(60)}")`);
    expect(() => readHeader(['x'.repeat(61)], 'a', 3)).toThrow(`it is "${'x'.repeat(60)}…")`);
    const place = { file: 'a', row: 3, column: 'emotion' };
    expect(() => readHeader(['x', 'y'], 'a', 3)).toThrow(expect.objectContaining({ code: 'INVALID_DATA', place }));
    expect(() => readHeader(['x', 'y'], 'a', 3)).toThrow('it is "x,y")');
    const twice = expect.objectContaining({ code: 'INVALID_DATA', place: { file: 'a', row: 1, column: 'Usage' } });
    expect(() => readHeader(['emotion', 'usage', 'pixels', 'USAGE'], 'a', 1)).toThrow(twice);
  });
});

describe('readRecord', () => {
  const read = (fields: string[]) => readRecord(fields, LAYOUT, new Uint8Array(2304));

  it('takes white space around fields and between pixels, and up to three digits', () => {
    const into = new Uint8Array(2304);
    const packed = readRecord([' 6 ', ` \t${pixels('007').replaceAll(' ', '\t ')}\n`, ' PublicTest '], LAYOUT, into);
    expect(packed).toBe(8 + 6);
    expect(into.every((value) => value === 7)).toBe(true);
    expect(read(['0', pixels(255), 'PrivateTest'])).toBe(16);
    expect(readRecord(['0', pixels(0)], { ...LAYOUT, usage: -1, columns: 2 }, into)).toBe(0);
    const first = { emotion: 1, pixels: 2, usage: 0, columns: 3 };
    expect(readRecord(['PrivateTest', '0', pixels(255)], first, into)).toBe(16);
  });

  it.each([
    [['7', pixels(), 'Training'], 'emotion', 'the label is "7"'],
    [['00', pixels(), 'Training'], 'emotion', 'the label is "00"'],
    [['6x', pixels(), 'Training'], 'emotion', 'the label is "6x"'],
    [['x6', pixels(), 'Training'], 'emotion', 'the label is "x6"'],
    [['', pixels(), 'Training'], 'emotion', 'the label is empty'],
    [['x'.repeat(24), pixels(), 'Training'], 'emotion', `"${'x'.repeat(24)}"`],
    [['x'.repeat(25), pixels(), 'Training'], 'emotion', `"${'x'.repeat(24)}…"`],
    [['1', ' \t ', 'Training'], 'pixels', 'the field is empty'],
    [['1', pixels(256), 'Training'], 'pixels', 'pixel 1 is "256"'],
    [['1', pixels('0007'), 'Training'], 'pixels', 'pixel 1 is "0007"'],
    [['1', pixels('7a'), 'Training'], 'pixels', 'pixel 1 is "7a"'],
    [['1', pixels('a7'), 'Training'], 'pixels', 'pixel 1 is "a7"'],
    [['1', `${pixels()} 1`, 'Training'], 'pixels', '2305 pixels'],
    [['1', pixels(), 'training'], 'Usage', '"training" is not a usage: it must be one of Training, PublicTest, '],
    [['1', pixels(), ''], 'Usage', 'empty is not a usage'],
    [['1', pixels()], undefined, '2 fields, but the header has 3'],
  ])('refuses a row %#', (fields, column, message) => {
    expect(read(fields)).toEqual(
      column ? { column, message: expect.stringContaining(message) } : { message: expect.stringContaining(message) },
    );
  });
});

describe('FaceRows', () => {
  it('keeps rows over many blocks, in order', () => {
    const rows = new FaceRows();
    for (let i = 0; i < 1025; i++) rows.add(i % 7, new Uint8Array(2304).fill(i), String(i));
    expect(rows.n).toBe(1025);
    const { n, images, labels, ids } = rows.toDataset();
    expect([n, images.length, labels.length, ids?.length]).toEqual([1025, 1025 * 2304, 1025, 1025]);
    for (const i of [0, 1, 511, 512, 1023, 1024]) {
      expect([images[i * 2304], images[i * 2304 + 2303], labels[i], ids![i]]).toEqual([
        i % 256,
        i % 256,
        i % 7,
        String(i),
      ]);
    }
  });
});

describe('byte sources', () => {
  it('limitBytes lets through as many as it says', async () => {
    const drain = async (most: number) => {
      let n = 0;
      for await (const chunk of limitBytes(chunked(new Uint8Array(100), new Random(1), 10), most, 'a'))
        n += chunk.length;
      return n;
    };
    expect(await drain(100)).toBe(100);
    await expect(drain(99)).rejects.toMatchObject({ code: 'INVALID_DATA', place: { file: 'a' } });
  });

  it('peek gives at least what was asked for, and then everything', async () => {
    const given = Uint8Array.from({ length: 50 }, (_, i) => i);
    for (const length of [0, 1, 9, 50, 80]) {
      const { head, bytes } = await peek(chunked(given, new Random(2), 4), length);
      expect(head.length).toBeGreaterThanOrEqual(Math.min(length, 50));
      if (length === 0) expect(head.length).toBe(0);
      expect(head).toEqual(given.subarray(0, head.length));
      const pieces: number[] = [];
      for await (const chunk of bytes) pieces.push(...chunk);
      expect(pieces).toEqual([...given]);
    }
  });

  it('a source that gives text, or fails without an error, is refused', async () => {
    const source = (value: unknown) =>
      (async function* () {
        yield value as Uint8Array;
      })();
    for (const [value, type] of [
      ['text', 'string'],
      [[1], 'object'],
    ] as const) {
      await expect(parseFer2013(source(value), { name: 'b' })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`gave a ${type}`),
        place: { file: 'b' },
      });
    }
    const failing = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject('unplugged') }) };
    await expect(parseFer2013(failing as never, { name: 'b' })).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining('unplugged'),
      place: { file: 'b' },
    });
    await expect(parseFer2013([] as never)).rejects.toThrow('the source is of type Array: ');
  });
});

describe('bad rows', () => {
  const csv = (bad: number) => `emotion,pixels,Usage\n${'9,,\n'.repeat(bad)}1,${pixels()},Training\n`;

  it('are skipped up to 100,000', async () => {
    const { train, skipped } = await parseFer2013(whole(csv(100_000)), { onBadRow: 'skip' });
    expect([train.n, skipped.length, skipped[99_999].row]).toEqual([1, 100_000, 100_001]);
    expect(skipped[0]).toEqual({ row: 2, column: 'emotion', message: expect.stringContaining('"9"') });
    await expect(parseFer2013(whole(csv(100_001)), { onBadRow: 'skip' })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      place: { row: 100_002 },
      message: expect.stringContaining('over 100000 rows are bad'),
    });
  });

  it('may be all that there is', async () => {
    const { train, skipped } = await parseFer2013(whole('emotion,pixels\n1,2\n'), { onBadRow: 'skip' });
    expect([train.n, skipped.length]).toEqual([0, 1]);
    const half = await parseFer2013(whole(csv(1)), { onBadRow: 'skip' });
    expect([half.train.n, half.skipped.length]).toEqual([1, 1]);
  });
});

describe('options', () => {
  it('of the batch size are whole numbers from 1 to a million', () => {
    for (const size of [1, 1_000_000]) expect(() => checkBatchSize(size)).not.toThrow();
    for (const size of [0, 1.5, 1_000_001, Number.NaN]) {
      expect(() => checkBatchSize(size)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });

  it('that only loading has are refused by streaming, and unknown ones by all', async () => {
    const csv = toCsv(makeRows(2, 1));
    for (const option of ['limit', 'seed', 'nosuch']) {
      const batches = streamFer2013(whole(csv), { [option]: 1 });
      await expect(batches.next()).rejects.toMatchObject({ message: expect.stringContaining(`"${option}"`) });
    }
    for (const call of [loadFer2013, parseFer2013]) {
      await expect(call(whole(csv), { nosuch: 1 } as object)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    const known = { onBadRow: 'throw', maxBytes: 1e6, name: 'a', totalBytes: csv.length } as const;
    expect((await loadFer2013(whole(csv), { ...known, limit: 1, seed: 2, cache: false })).train.n).toBe(1);
    const batches = streamFer2013(whole(csv), { ...known, batchSize: 2, onSkip: () => undefined });
    expect((await batches.next()).value).toMatchObject({ split: 'train', n: 2 });
  });

  it.each([{ limit: 0 }, { limit: 1.5 }, { limit: -1 }, { maxBytes: 0 }, { maxBytes: Number.NaN }])(
    'out of range are refused: %j',
    async (options) => {
      await expect(loadFer2013(whole('x'), options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    },
  );
});

describe('progress', () => {
  it('is told of after each 4 MiB, and at the end', async () => {
    const csv = toCsv(makeRows(1, 1));
    /** A csv of some bytes, filled up by lines of spaces. */
    const filled = (bytes: number) => {
      const blank = 262_143;
      const lines = [csv];
      for (let left = bytes - csv.length; left > 0; left -= blank + 1)
        lines.push(`${' '.repeat(Math.min(blank, left - 1))}\n`);
      return lines.join('');
    };
    const events = async (bytes: number) => {
      const seen: number[] = [];
      await parseFer2013(whole(filled(bytes)), {
        onProgress: (event) => event.kind === 'load' && seen.push(event.bytes),
      });
      return seen;
    };
    const size = 2 ** 22;
    expect(await events(size - 1)).toEqual([size - 1]);
    expect(await events(size)).toEqual([size, size]);
  });

  it('has the size of a download, if that counts the bytes that are read', async () => {
    const csv = toCsv(makeRows(3, 1));
    const server = createServer((request, response) => {
      const packed = request.url === '/packed';
      const body = packed ? gzipSync(csv) : Buffer.from(csv);
      response.setHeader('Content-Length', body.length);
      if (packed) response.setHeader('Content-Encoding', 'gzip');
      response.end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const last = async (path: string) => {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
        const events: LoadProgress[] = [];
        await loadFer2013(url, { onProgress: (event) => event.kind === 'load' && events.push(event) });
        return events.at(-1);
      };
      const bytes = csv.length;
      expect(await last('/plain')).toEqual({ kind: 'load', rows: 3, bytes, totalBytes: bytes });
      expect(await last('/packed')).toEqual({ kind: 'load', rows: 3, bytes, totalBytes: undefined });
    } finally {
      server.close();
    }
  });

  it('of an export counts rows, 128 at a time over all splits', async () => {
    const root = await mkdtemp(join(tmpdir(), 'fer-limits-'));
    try {
      const [train, privateTest] = [syntheticFaces({ n: 130, seed: 1 }), syntheticFaces({ n: 128, seed: 2 })];
      const events: Progress[] = [];
      const file = join(root, 'a.csv');
      await exportCsv(file, { train, privateTest }, { gzip: false, onProgress: (event) => events.push(event) });
      expect(events).toEqual([128, 130, 258].map((done) => ({ kind: 'transform', done, total: 258 })));
      const lines = (await readFile(file, 'utf8')).split('\n');
      expect(lines.length).toBe(260);
      expect([lines[130], lines[131]].map((line) => line.split(',')[2])).toEqual(['Training', 'PrivateTest']);
      const unknown = exportCsv(file, train, { level: 9 } as object);
      await expect(unknown).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
