import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from 'fer-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { download } from '../../src/download/download.js';
import { fetchPublished, type PublishedFile } from '../../src/download/imagenet.js';
import { narrowVgg, weightsFile } from '../weights.js';

const realSetTimeout = globalThis.setTimeout;
let bytes: Uint8Array;
let md5: string;
let folder: string;
let servers: Server[];

beforeAll(async () => {
  bytes = await weightsFile(narrowVgg());
  md5 = createHash('md5').update(bytes).digest('hex');
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-download-'));
  servers = [];
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'])
    vi.stubEnv(name, '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
});

async function listen(listener: RequestListener): Promise<{ port: number; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.range);
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, asked };
}

/** Sends the file, or what a range asks of it. */
const whole: RequestListener = ({ headers }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (from >= bytes.length) return void response.writeHead(416).end();
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from });
  response.end(bytes.subarray(from));
};

const page: RequestListener = (_, response) => void response.end('<!doctype html><p>Please sign in');

const declaredPage: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><p>Not here');
};

/** Closes the connection after half of what is left, `times` times. */
function cutting(times: number): RequestListener {
  let cuts = 0;
  return (request, response) => {
    if (cuts++ >= times) return whole(request, response);
    const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from });
    response.write(
      bytes.subarray(from, from + ((bytes.length - from) >> 1)),
      () => void setTimeout(() => response.destroy(), 100),
    );
  };
}

const at = (port: number, more: Partial<PublishedFile> = {}) => ({
  url: `http://127.0.0.1:${port}/a/vgg.h5`,
  md5,
  ...more,
});
const run = (file: PublishedFile) => download(file, { cacheFolder: folder });

describe('download', () => {
  it('fetches once, tells its progress, and then reads from disk', async () => {
    const { port, asked } = await listen(whole);
    const events: Progress[] = [];
    const first = await download(at(port), { cacheFolder: folder, onProgress: (event) => events.push(event) });
    expect(first.path).toBe(join(folder, 'vgg.h5'));
    expect(Uint8Array.from(first.bytes)).toEqual(bytes);
    expect(events.at(-1)).toEqual({ kind: 'load', rows: 0, bytes: bytes.length, totalBytes: bytes.length });
    await run(at(port));
    expect(asked).toEqual([undefined]);
    expect(await readdir(folder)).toEqual(['vgg.h5']);
  });

  it('goes on where the connection was cut, in one call', async () => {
    const { port, asked } = await listen(cutting(2));
    expect(Uint8Array.from((await run(at(port))).bytes)).toEqual(bytes);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBeUndefined();
    for (const range of asked.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('goes on in the next call, after giving up', async () => {
    const { port, asked } = await listen(cutting(3));
    await expect(run(at(port))).rejects.toMatchObject({ code: 'IO', message: expect.stringMatching(/Call again/) });
    expect(await readdir(folder)).toEqual(['vgg.h5.part']);
    expect(Uint8Array.from((await run(at(port))).bytes)).toEqual(bytes);
    expect(Number(/\d+/.exec(asked[3]!)![0])).toBeGreaterThan(bytes.length / 2);
  });

  it('starts over where what it went on from was something else', async () => {
    const { port, asked } = await listen(whole);
    await writeFile(join(folder, 'vgg.h5.part'), 'the beginning of another file');
    expect(Uint8Array.from((await run(at(port))).bytes)).toEqual(bytes);
    expect(asked).toEqual(['bytes=29-', undefined]);
  });

  it('takes a whole part, and a server that knows no ranges', async () => {
    const { port } = await listen(whole);
    await writeFile(join(folder, 'vgg.h5.part'), bytes);
    await run(at(port));
    await rm(join(folder, 'vgg.h5'));
    await writeFile(join(folder, 'vgg.h5.part'), bytes.subarray(0, 100));
    const simple = await listen((_, response) => void response.end(bytes));
    expect(Uint8Array.from((await run(at(simple.port))).bytes)).toEqual(bytes);
  });

  it('fetches again what was damaged on disk', async () => {
    const { port } = await listen(whole);
    await writeFile(
      join(folder, 'vgg.h5'),
      bytes.map((byte, i) => (i === 2000 ? byte ^ 1 : byte)),
    );
    await run(at(port));
    expect(Uint8Array.from(await readFile(join(folder, 'vgg.h5')))).toEqual(bytes);
  });

  it.each([
    ['another checksum', whole, 'CORRUPT', /its md5 is [0-9a-f]{32}, not 0{32}.*md5 is 0{32}.*vgg\.h5/],
    ['a web page', page, 'CORRUPT', /web page/],
    ['what says that it is a web page', declaredPage, 'NOT_FOUND', /the server answered with a web page/],
    ['404', ((_, response) => void response.writeHead(404).end()) as RequestListener, 'NOT_FOUND', /answered 404/],
    ['500', ((_, response) => void response.writeHead(500).end()) as RequestListener, 'IO', /answered 500/],
    [
      'endless redirection',
      ((_, response) => void response.writeHead(302, { location: '/a/vgg.h5' }).end()) as RequestListener,
      'IO',
      /redirect count exceeded/,
    ],
  ] as const)('keeps nothing of %s', async (_, listener, code, message) => {
    const { port } = await listen(listener);
    const file = at(port, { md5: '0'.repeat(32) });
    await expect(run(file)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      place: { file: file.url },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps the part that it has where a server answers a web page', async () => {
    const { port } = await listen(declaredPage);
    await writeFile(join(folder, 'vgg.h5.part'), bytes.subarray(0, 1000));
    await expect(run(at(port))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await readFile(join(folder, 'vgg.h5.part'))).toHaveLength(1000);
  });

  it('says offline what to do by hand', async () => {
    const { port } = await listen(whole);
    servers.pop()!.close();
    await expect(run(at(port))).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(new RegExp(`md5 is ${md5}, and put it at ${join(folder, 'vgg.h5')}`)),
    });
  });

  it('stops at an abort with its reason', async () => {
    const { port } = await listen((_, response) => void response.write('a little'));
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const running = download(at(port), { cacheFolder: folder, signal: controller.signal, onProgress });
    await expect(running).rejects.toThrow('enough');
  });

  describe('through the proxy of the environment', () => {
    /** A proxy that opens every tunnel to one port, or answers a status. */
    async function proxy(to: number | string) {
      const asked: (string | undefined)[] = [];
      const server = createServer();
      server.on('connect', (request, socket) => {
        asked.push(request.url, request.headers['proxy-authorization']);
        if (typeof to === 'string') return void socket.end(to);
        const onward = connect(to, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          onward.pipe(socket).pipe(onward);
        });
        onward.on('error', () => socket.destroy());
        socket.on('error', () => onward.destroy());
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { port: (server.address() as AddressInfo).port, asked };
    }

    it('asks it for a tunnel, with its password', async () => {
      const { port } = await listen(whole);
      const through = await proxy(port);
      vi.stubEnv('http_proxy', `http://me:secret@127.0.0.1:${through.port}`);
      expect(Uint8Array.from((await run({ url: 'http://weights.invalid/vgg.h5', md5 })).bytes)).toEqual(bytes);
      const login = `Basic ${Buffer.from('me:secret').toString('base64')}`;
      expect(through.asked).toEqual(['weights.invalid:80', login]);
    });

    it('leaves out what NO_PROXY lists', async () => {
      const { port } = await listen(whole);
      const through = await proxy(1);
      vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${through.port}`);
      vi.stubEnv('NO_PROXY', '127.0.0.1');
      await run(at(port));
      expect(through.asked).toEqual([]);
    });

    it('says what it answered', async () => {
      const through = await proxy('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      vi.stubEnv('https_proxy', `http://127.0.0.1:${through.port}`);
      const failing = run({ url: 'https://weights.invalid/vgg.h5', md5 });
      await expect(failing).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('407') });
      expect(through.asked[0]).toBe('weights.invalid:443');
    });

    it('waits no longer than a minute for its tunnel', async () => {
      const silent = createServer();
      silent.on('connect', () => {});
      servers.push(silent);
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      vi.stubEnv('https_proxy', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
      vi.spyOn(globalThis, 'setTimeout').mockImplementation(((callback: () => void, ms?: number) =>
        realSetTimeout(callback, ms === 60_000 ? 50 : ms)) as typeof setTimeout);
      try {
        await expect(run({ url: 'https://weights.invalid/vgg.h5', md5 })).rejects.toThrow('no byte came for a minute');
      } finally {
        vi.restoreAllMocks();
      }
    });
  });
});

describe('fetchPublished', () => {
  it('gives the bytes, once their checksum is right', async () => {
    const { port } = await listen(whole);
    expect(await fetchPublished(at(port))).toEqual(bytes);
    const other = at(port, { md5: '0'.repeat(32) });
    await expect(fetchPublished(other)).rejects.toMatchObject({ code: 'CORRUPT' });
    for (const listener of [page, declaredPage]) {
      const { port: pages } = await listen(listener);
      await expect(fetchPublished(at(pages))).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringMatching(/the server answered with a web page: fetch http.* by other means/),
      });
    }
  });

  it('closes the connection where the answer is refused, or progress throws', async () => {
    for (const status of [500, 200]) {
      let closed = false;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new Uint8Array(9)),
        cancel: () => {
          closed = true;
        },
      });
      vi.stubGlobal('fetch', async () => new Response(body, { status }));
      const onProgress = () => {
        throw new Error('enough');
      };
      try {
        await expect(fetchPublished(at(1), { onProgress })).rejects.toThrow();
      } finally {
        vi.unstubAllGlobals();
      }
      expect(closed).toBe(true);
    }
  });

  it('keeps it in the Cache API, where there is one', async () => {
    const { port, asked } = await listen(whole);
    const held = new Map<string, Response>();
    const cache = {
      match: async (url: string) => held.get(url)?.clone(),
      put: async (url: string, response: Response) => void held.set(url, response),
    };
    vi.stubGlobal('caches', { open: async () => cache });
    try {
      await fetchPublished(at(port));
      expect(await fetchPublished(at(port))).toEqual(bytes);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(asked).toHaveLength(1);
  });
});
