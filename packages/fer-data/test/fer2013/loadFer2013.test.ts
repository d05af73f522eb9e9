import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { createGzip, gzipSync } from 'node:zlib';
import { checkDataset, type FerErrorCode, isFerError, type LoadProgress } from 'fer-core';
import { parseFer2013 } from 'fer-data';
import { loadFer2013 } from 'fer-data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRows, toCsv, whole } from './makeCsv.js';

const rows = makeRows(20, 'load');
const csv = toCsv(rows);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The csv with one row (1-based, the header being 1) changed. */
function withRow(row: number, change: (line: string) => string): string {
  const lines = csv.split('\n');
  lines[row - 1] = change(lines[row - 1]);
  return lines.join('\n');
}

async function refusal(content: string | Uint8Array, options = {}): Promise<unknown> {
  const error = await loadFer2013(whole(content), { name: 'a.csv', ...options }).catch((e: unknown) => e);
  if (!isFerError(error)) throw error;
  expect(error.message.endsWith('.') || error.message.endsWith('?')).toBe(true);
  expect(error.place.file).toBe('a.csv');
  return [error.code, error.place.row, error.place.column, error.message];
}

describe('loadFer2013', () => {
  it('gives the splits, with labels, pixels and row numbers', async () => {
    const { train, publicTest, privateTest, skipped } = await loadFer2013(whole(csv));
    expect([train.n, publicTest?.n, privateTest?.n, skipped.length]).toEqual([12, 4, 4, 0]);
    for (const data of [train, publicTest!, privateTest!]) checkDataset(data);
    expect([train.height, train.width, train.channels]).toEqual([48, 48, 1]);
    expect(Array.from(train.labels)).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4]);
    expect(Array.from(train.images)).toEqual(rows.slice(0, 12).flatMap((row) => row.pixels));
    expect(Array.from(privateTest!.images)).toEqual(rows.slice(16).flatMap((row) => row.pixels));
    expect(publicTest!.ids).toEqual(['14', '15', '16', '17']);
  });

  it('leaves out splits without rows', async () => {
    const { train, publicTest, privateTest } = await loadFer2013(whole(csv.replaceAll('Training', 'PublicTest')));
    expect([train.n, publicTest?.n, privateTest?.n]).toEqual([0, 16, 4]);
    const all = await loadFer2013(whole(csv.replaceAll(/P\w+Test/g, 'Training')));
    expect([all.publicTest, all.privateTest]).toEqual([undefined, undefined]);
  });

  it('takes paths, URLs and streams, plain or gzipped whatever the name', async () => {
    const path = join(folder, 'faces # 1.csv');
    await writeFile(path, gzipSync(csv));
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/fer.csv' ? 200 : request.url === '/none' ? 404 : 500;
      response.end(response.statusCode === 200 ? csv : 'oops');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const bytes = new TextEncoder().encode(csv);
    try {
      const expected = (await loadFer2013(whole(csv))).train;
      for (const source of [
        path,
        pathToFileURL(path),
        pathToFileURL(path).href,
        new URL(`${base}/fer.csv`),
        `${base}/fer.csv`,
        Readable.from([bytes], { objectMode: false }),
        new Blob([bytes]).stream(),
        whole(gzipSync(csv)),
      ]) {
        expect((await loadFer2013(source)).train).toEqual(expected);
      }
      expect((await parseFer2013(new Blob([gzipSync(csv)]).stream())).train).toEqual(expected);
      for (const [url, code] of Object.entries({ '/none': 'NOT_FOUND', '/broken': 'IO' })) {
        await expect(loadFer2013(new URL(base + url))).rejects.toMatchObject({ code });
      }
    } finally {
      server.close();
    }
    await expect(loadFer2013(new URL(`${base}/fer.csv`))).rejects.toMatchObject({ code: 'IO' });
    for (const ftp of ['ftp://example.org/fer.csv', new URL('ftp://example.org/fer.csv')]) {
      await expect(loadFer2013(ftp)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    }
    for (const bad of ['https://', 'file://host/a.csv', undefined, null, 42, new Uint8Array(9), [bytes]]) {
      await expect(loadFer2013(bad as string)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      await expect(parseFer2013(bad as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    await expect(loadFer2013(join(folder, 'missing.csv'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      place: { file: join(folder, 'missing.csv') },
    });
    await expect(loadFer2013(folder)).rejects.toMatchObject({ code: 'IO', place: { file: folder } });
  });

  const lastPixel = rows[3].pixels[2303];
  const damage: [string, string, unknown[]][] = [
    ['2,303 pixels', withRow(5, (r) => r.replace(` ${lastPixel},`, ',')), [5, 'pixels', /2303 pixels, expected 2304/]],
    ['2,305 pixels', withRow(5, (r) => r.replace(` ${lastPixel},`, ' 1 2,')), [5, 'pixels', /2305 pixels/]],
    ['a value of 256', withRow(5, (r) => r.replace(` ${lastPixel},`, ' 256,')), [5, 'pixels', /pixel 2304 is "256"/]],
    ['a fraction', withRow(2, (r) => r.replace(/ \d+ /, ' 1.5 ')), [2, 'pixels', /pixel 2 is "1.5"/]],
    ['a negative value', withRow(2, (r) => r.replace(/ \d+ /, ' -1 ')), [2, 'pixels', /pixel 2 is "-1"/]],
    ['no pixels', withRow(2, () => '0,,Training'), [2, 'pixels', /empty/]],
    ['no label', withRow(2, (r) => r.slice(1)), [2, 'emotion', /label is empty/]],
    ['a label of 7', withRow(2, (r) => `7${r.slice(1)}`), [2, 'emotion', /"7".*from 0 to 6/]],
    ['a label in words', withRow(2, (r) => `angry${r.slice(1)}`), [2, 'emotion', /"angry"/]],
    ['an unknown Usage', withRow(2, (r) => r.replace('Training', 'Test')), [2, 'Usage', /"Test" is not a usage/]],
    ['no Usage', withRow(2, (r) => r.replace('Training', '')), [2, 'Usage', /empty is not a usage/]],
    ['too few fields', withRow(2, (r) => r.replace(',Training', '')), [2, undefined, /2 fields, but the header has 3/]],
    ['too many fields', withRow(2, (r) => `${r},`), [2, undefined, /4 fields/]],
    ['a cut at the end', csv.slice(0, -5), [21, 'Usage', /"Private/]],
    ['text after a quote', withRow(2, (r) => `"0"1${r.slice(1)}`), [2, undefined, /quotes/]],
    ['a quote without end', withRow(2, (r) => `"${r}`), [2, undefined, /no end/]],
    ['no header', csv.slice(csv.indexOf('\n') + 1), [1, 'emotion', /no such column/]],
    ['another header', csv.replace('pixels', 'image'), [1, 'pixels', /no such column/]],
    ['a column twice', csv.replace('Usage', 'emotion'), [1, 'emotion', /twice/]],
    ['a header alone', 'emotion,pixels,Usage\n', [undefined, undefined, /no rows/]],
    ['an empty file', '', [undefined, undefined, /empty/]],
    ['a web page', '\n<!DOCTYPE html><html>', [undefined, undefined, /web page/]],
    ['a giant line', `emotion,pixels,Usage\n0,${'1 '.repeat(140000)}`, [2, undefined, /longer than 262144/]],
    ['a giant quote', withRow(2, (r) => `${r},"${'1\n'.repeat(140000)}`), [2, undefined, /no end/]],
  ];
  it.each(damage)('refuses %s', async (_, content, [row, column, message]) => {
    const expected = ['INVALID_DATA', row, column, expect.stringMatching(message as RegExp)];
    expect(await refusal(content)).toEqual(expected);
    expect(await refusal(gzipSync(content))).toEqual(expected);
  });

  it('names what is not a csv file', async () => {
    const tar = new Uint8Array(1024);
    tar.set(new TextEncoder().encode('ustar'), 257);
    const foreign: [number[] | Uint8Array, RegExp][] = [
      [[0xff, 0xd8, 0xff, 0xe0, 0, 16], /JPEG/],
      [[0x50, 0x4b, 3, 4], /zip/],
      [gzipSync(tar), /tar/],
      [gzipSync(gzipSync(csv)), /gzip within gzip/],
      [Buffer.from(`\ufeff${csv}`, 'utf16le'), /UTF-16/],
      [[1, 2, 3, 0], /binary/],
    ];
    for (const [bytes, message] of foreign) {
      const found = await refusal(Uint8Array.from(bytes));
      expect(found).toEqual(['INVALID_DATA', undefined, undefined, expect.stringMatching(message)]);
    }
  });

  it('takes for gzip only what begins with both of its bytes', async () => {
    for (const start of [
      [0x1f, 0x41],
      [0x41, 0x8b],
    ]) {
      const error = await refusal(Uint8Array.from([...start, ...new TextEncoder().encode(csv)]));
      expect(error).toEqual(['INVALID_DATA', 1, 'emotion', expect.stringContaining('no such column')]);
    }
  });

  it('refuses truncated gzip files wherever they are cut, and damaged ones', async () => {
    const packed = gzipSync(csv);
    const corrupt: FerErrorCode = 'CORRUPT';
    const flipped = packed.map((byte, i) => (i === 5000 ? byte ^ 0xff : byte));
    const cuts = [3, 12, 1000, packed.length - 9, packed.length - 1].map((length) => packed.subarray(0, length));
    const junk = Buffer.concat([packed, Buffer.from('junk')]);
    for (const bytes of [...cuts, flipped, junk]) {
      const error = await loadFer2013(whole(bytes)).catch((e: unknown) => e);
      // A flipped bit may still unpack to something: then the rows are refused.
      expect(isFerError(error)).toBe(true);
      const message = expect.stringContaining('the gzip data are damaged or cut off (');
      if (bytes !== flipped) expect(error).toMatchObject({ code: corrupt, message });
      await expect(parseFer2013(whole(bytes))).rejects.toMatchObject({ name: 'FerError' });
    }
  });

  it('stops unpacking a decompression bomb at maxBytes', async () => {
    const bomb = gzipSync(`${csv}${'\n'.repeat(10_000_000)}`);
    expect(bomb.length).toBeLessThan(100_000);
    const found = await refusal(bomb, { maxBytes: 1_000_000 });
    expect(found).toEqual(['INVALID_DATA', undefined, undefined, expect.stringMatching(/larger than 1000000 bytes/)]);
    expect((await loadFer2013(whole(csv), { maxBytes: csv.length })).train.n).toBe(12);
  });

  it('refuses a line of 1 GB without reading it, plain or gzipped', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('emotion,pixels,Usage\n0,');
      const piece = Buffer.from('1 '.repeat(32_768));
      for (read = 0; read < 2 ** 30; read += piece.length) yield piece;
    }
    const refused = { code: 'INVALID_DATA', place: { row: 2 }, message: expect.stringMatching(/longer than 262144/) };
    await expect(loadFer2013(endless())).rejects.toMatchObject(refused);
    expect(read).toBeLessThan(2 ** 20);
    await expect(loadFer2013(Readable.from(endless()).pipe(createGzip()))).rejects.toMatchObject(refused);
    expect(read).toBeLessThan(2 ** 26);
  });

  it.skipIf(process.platform !== 'linux')('refuses an unreadable file (needs Linux)', async () => {
    // Even root can't read this one.
    const file = '/proc/self/mem';
    await expect(loadFer2013(file)).rejects.toMatchObject({ code: 'IO', place: { file } });
  });

  it('goes over empty lines quickly, and counts them', async () => {
    const content = withRow(3, (line) => `${'\n'.repeat(1_000_000)} \t\r\n${line}`);
    const { train } = await loadFer2013(whole(content));
    expect(train.ids?.slice(0, 3)).toEqual(['2', '1000004', '1000005']);
  });

  it('keeps what is blank within quotes, and passes over what is blank without', async () => {
    const row = (name: string, i: number) => `${name},${i},${rows[i].pixels.join(' ')}`;
    const lines = ['name,emotion,pixels', '', row('"a\n \n\nb"', 1), '""', '" "', ' \t', row('c', 2)];
    const { train } = await loadFer2013(whole(lines.join('\n')));
    expect([train.ids, [...train.labels]]).toEqual([
      ['3', '7'],
      [1, 2],
    ]);
  });

  it('never skips what it cannot read at all', async () => {
    const quoted = withRow(3, (line) => `"${line[0]}"${line.slice(1)}`);
    const place = { row: 3 };
    await expect(parseFer2013(whole(quoted), { onBadRow: 'skip' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      place,
    });
    const header = csv.replace('emotion', '"emotion"x');
    const broken = { code: 'INVALID_DATA', place: { row: 1 } };
    await expect(loadFer2013(whole(header), { onBadRow: 'skip' })).rejects.toMatchObject(broken);
  });

  it('skips bad rows when told to, and lists them', async () => {
    const content = withRow(3, () => '9,1 2 3,Training').replace(/^2,/m, '"2"x,');
    const { train, skipped } = await loadFer2013(whole(content), { onBadRow: 'skip' });
    expect(train.ids).toEqual(['2', '5', '6', '7', '8', '9', '10', '11', '12', '13']);
    expect(skipped.map(({ row, column }) => [row, column])).toEqual([
      [3, 'emotion'],
      [4, undefined],
    ]);
  });

  it('reads options of a class, be they getters', async () => {
    class Options {
      readonly #limit = 7;
      get limit(): number {
        return this.#limit;
      }
    }
    expect((await loadFer2013(whole(csv), new Options())).train.n).toBe(7);
  });

  it('limits the training rows only, by seed', async () => {
    const a = await loadFer2013(whole(csv), { limit: 7, seed: 1 });
    const b = await loadFer2013(whole(csv), { limit: 7, seed: 1 });
    expect([a.train.n, a.publicTest?.n]).toEqual([7, 4]);
    expect(a.train.ids).toEqual(b.train.ids);
    const idsOf = async (options: object) => (await loadFer2013(whole(csv), { limit: 7, ...options })).train.ids;
    expect(await idsOf({ seed: 2 })).not.toEqual(a.train.ids);
    expect(await idsOf({ seed: 0 })).toEqual(await idsOf({}));
    expect((await loadFer2013(whole(csv), { limit: 100 })).train.n).toBe(12);
    await expect(loadFer2013(whole(csv), { onBadRow: 'ignore' as 'skip' })).rejects.toThrow(/onBadRow.*ignore/);
    for (const options of [
      { limit: 0 },
      { limit: 1.5 },
      { maxBytes: 0 },
      { maxBytes: '9' },
      { totalBytes: NaN },
      { name: 3 },
      { cache: 0 },
      { seed: null },
    ]) {
      await expect(loadFer2013(whole(csv), options as object)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('reports progress up to the end of the file', async () => {
    const path = join(folder, 'progress.csv');
    const many = toCsv(Array.from({ length: 600 }, (_, i) => rows[i % 20]));
    await writeFile(path, many);
    const events: LoadProgress[] = [];
    await loadFer2013(path, { onProgress: (event) => event.kind === 'load' && events.push(event) });
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)).toEqual({ kind: 'load', rows: 600, bytes: many.length, totalBytes: many.length });
  });

  it('stops at once when aborted, also if the source is stuck', async () => {
    const reason = new Error('enough');
    await expect(loadFer2013(whole(csv), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    let closed = false;
    const stuck = new ReadableStream<Uint8Array>({
      start: (c) => c.enqueue(new TextEncoder().encode(csv.slice(0, 30_000))),
      cancel: () => {
        closed = true;
      },
    });
    setTimeout(() => controller.abort(reason), 20);
    await expect(loadFer2013(stuck, { signal: controller.signal })).rejects.toBe(reason);
    expect(closed).toBe(true);
    const pipe = new PassThrough();
    pipe.write(csv.slice(0, 30_000));
    const later = new AbortController();
    setTimeout(() => later.abort(reason), 20);
    await expect(loadFer2013(pipe, { signal: later.signal })).rejects.toBe(reason);
    expect(pipe.destroyed).toBe(true);
  });

  it('closes the source on errors, and passes its failures on', async () => {
    const readable = Readable.from([Buffer.from('no header\n'), Buffer.alloc(10)], { objectMode: false });
    await expect(loadFer2013(readable)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(readable.destroyed).toBe(true);
    for (const start of [Buffer.from(csv.slice(0, 1000)), gzipSync(csv).subarray(0, 1000)]) {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield start;
        throw new Error('unplugged');
      }
      await expect(loadFer2013(failing())).rejects.toMatchObject({ code: 'IO', cause: { message: 'unplugged' } });
    }
    const text = Readable.from([csv]) as AsyncIterable<Uint8Array>;
    await expect(loadFer2013(text)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
