import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdtemp, open, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LoadProgress } from 'fer-core';
import { parseFer2013 } from 'fer-data';
import { loadFer2013, streamFer2013 } from 'fer-data/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeRows, toCsv, whole } from './makeCsv.js';

const csv = toCsv(makeRows(5, 'source'));
let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-source-'));
  path = join(root, 'a.csv');
  await writeFile(path, csv);
});
afterEach(() => rm(root, { recursive: true }));

/** Serves what `answer` answers while `use` runs. */
async function serve(answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a source', () => {
  it('is a URL only if it begins with a scheme', async () => {
    for (const text of ['./http://example.org/a.csv', 'no such://a.csv', 'c:/none.csv']) {
      await expect(loadFer2013(text)).rejects.toMatchObject({ code: 'NOT_FOUND', place: { file: text } });
    }
    // Nothing listens there.
    await expect(loadFer2013('HTTPS://127.0.0.1:9/')).rejects.toMatchObject({ code: 'IO' });
  });

  it('has a name in errors: its path, or what the caller calls it', async () => {
    await expect(loadFer2013(whole('x'))).rejects.toMatchObject({ place: { file: 'stream', row: 1 } });
    await expect(loadFer2013(whole(''))).rejects.toMatchObject({ place: { file: 'stream' } });
    await writeFile(path, 'x');
    for (const [name, file] of [
      [undefined, path],
      ['faces', 'faces'],
    ]) {
      await expect(loadFer2013(path, { name })).rejects.toMatchObject({ place: { file, row: 1 } });
      await expect(streamFer2013(path, { name }).next()).rejects.toMatchObject({ place: { file, row: 1 } });
    }
  });

  it('has a size in progress: that of the file, or what the caller says', async () => {
    for (const [totalBytes, expected] of [
      [undefined, csv.length],
      [7, 7],
    ]) {
      const events: LoadProgress[] = [];
      const onProgress = (event: { kind: string }) => events.push(event as LoadProgress);
      await loadFer2013(path, { totalBytes, onProgress });
      for await (const _ of streamFer2013(path, { totalBytes, onProgress }));
      expect(events.map((event) => event.totalBytes)).toEqual([expected, expected]);
    }
  });

  it.skipIf(process.platform !== 'linux')('is closed in the end, however that comes (needs Linux)', async () => {
    const openFiles = async () => {
      const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
      return (await Promise.all(links)).filter((file) => file.startsWith(root));
    };
    await loadFer2013(path);
    expect(await openFiles()).toEqual([]);
    for await (const _ of streamFer2013(path, { batchSize: 1 })) break;
    expect(await openFiles()).toEqual([]);
    await expect(loadFer2013(path, { maxBytes: 10 })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(await openFiles()).toEqual([]);
    await loadFer2013(path, { cache: true });
    await loadFer2013(path, { cache: true });
    expect(await openFiles()).toEqual([]);
    await writeFile(`${path}.fer-cache`, 'my notes');
    await expect(loadFer2013(path, { cache: true })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await openFiles()).toEqual([]);
  });

  it('that is not a csv is closed too', async () => {
    for (const load of [loadFer2013, parseFer2013]) {
      for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
        let closed = false;
        const stream = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(pack(new TextEncoder().encode(`<html>${' '.repeat(600)}`))),
          cancel: () => {
            closed = true;
          },
        });
        await expect(load(stream)).rejects.toMatchObject({ code: 'INVALID_DATA' });
        expect(closed).toBe(true);
      }
    }
  });

  it.each([
    ['plain', csv],
    ['gzipped', gzipSync(csv)],
  ])('that is left while it gives nothing is closed: %s', async (_, content) => {
    let closed = false;
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes),
      cancel: () => {
        closed = true;
      },
    });
    // Refused as too large, before the end of the stream, which never comes.
    await expect(loadFer2013(stream, { maxBytes: 20_000 })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(closed).toBe(true);
  });

  it('leaves nothing on the signal', async () => {
    const { signal } = new AbortController();
    await loadFer2013(path, { signal });
    await expect(loadFer2013(whole('x'), { signal })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('that never answers can be aborted', async () => {
    const controller = new AbortController();
    const asked = () => controller.abort(new Error('enough'));
    await serve(asked, (url) => expect(loadFer2013(url, { signal: controller.signal })).rejects.toThrow('enough'));
  });

  it('that answers nothing is refused', async () => {
    const empty: RequestListener = (_, response) => void response.writeHead(204).end();
    await serve(empty, async (url) => {
      await expect(loadFer2013(url)).rejects.toMatchObject({ code: 'IO', place: { file: url } });
    });
  });
});

describe.skipIf(process.platform === 'win32')('a named pipe (needs mkfifo)', () => {
  let pipe: string;
  beforeEach(() => {
    pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
  });

  it('is read, and never cached', async () => {
    const writing = writeFile(pipe, csv);
    expect((await loadFer2013(pipe, { cache: true })).train.n).toBe(3);
    await writing;
    expect((await readdir(root)).sort()).toEqual(['a.csv', 'pipe']);
  });

  it('that gives nothing can be aborted', async () => {
    // Open for both, so that neither opening nor reading finds an end.
    const writer = await open(pipe, 'r+');
    try {
      const controller = new AbortController();
      const loading = loadFer2013(pipe, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error('enough')), 50);
      await expect(loading).rejects.toThrow('enough');
    } finally {
      // Ends the read that is still under way.
      await writer.write('\n');
      await writer.close();
    }
  });
});
