import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isFileName, memoryFolder, urlFolder } from 'fer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('memoryFolder', () => {
  it('holds what was written last, and nothing else', async () => {
    const given = new Map([['a.bin', Uint8Array.of(1)]]);
    const folder = memoryFolder(given);
    given.clear();
    expect(await folder.read('a.bin')).toEqual(Uint8Array.of(1));
    await folder.write?.(new Map([['b/c.bin', Uint8Array.of(2)]]));
    expect(await folder.read('b/c.bin')).toEqual(Uint8Array.of(2));
    await expect(folder.read('a.bin')).rejects.toMatchObject({ code: 'NOT_FOUND', place: { file: 'a.bin' } });
  });
});

describe('urlFolder', () => {
  const asked: string[] = [];
  let server: Server;
  let address: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const path = request.url?.split('?')[0];
      if (path === '/m/weights.bin') response.end(Uint8Array.of(1, 2, 3));
      else if (path === '/m/head/a%20b.bin') response.end(Uint8Array.of(4));
      else if (path === '/m/broken') response.writeHead(500).end();
      else if (path === '/m/slow') response.flushHeaders();
      else if (path === '/m/cut') {
        response.writeHead(200, { 'content-length': '10' });
        response.write(Uint8Array.of(1, 2), () => response.destroy());
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('reads below its address, with or without a slash at its end', async () => {
    for (const url of [`${address}/m`, `${address}/m/`, new URL(`${address}/m/`)]) {
      expect(await urlFolder(url).read('weights.bin')).toEqual(Uint8Array.of(1, 2, 3));
      expect(urlFolder(url).location).toBe(`${address}/m`);
    }
    expect(await urlFolder(`${address}/m`).read('head/a b.bin')).toEqual(Uint8Array.of(4));
    expect(urlFolder(address).write).toBeUndefined();
  });

  it('sends the query with every file, and keeps it out of messages', async () => {
    const folder = urlFolder(`${address}/m/?token=secret#top`);
    await folder.read('weights.bin');
    expect(asked.at(-1)).toBe('/m/weights.bin?token=secret');
    await expect(folder.read('none')).rejects.toMatchObject({ place: { file: `${address}/m/none` } });
  });

  it('tells what is not there from what failed', async () => {
    const folder = urlFolder(`${address}/m`);
    await expect(folder.read('none')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      place: { file: `${address}/m/none` },
    });
    await expect(folder.read('broken')).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('500') });
    await expect(folder.read('cut')).rejects.toMatchObject({ name: 'FerError', code: 'IO' });
    // Port 1 of this machine: nobody listens there.
    const nobody = urlFolder('http://127.0.0.1:1/m').read('weights.bin');
    await expect(nobody).rejects.toMatchObject({ code: 'IO', cause: expect.any(Error) });
    await expect(urlFolder('no address').read('x')).rejects.toMatchObject({ code: 'IO' });
  });

  it('rejects with the reason of the signal that one reading is given', async () => {
    const controller = new AbortController();
    const reading = urlFolder(`${address}/m`).read('slow', controller.signal);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('rejects with the reason of its signal', async () => {
    const controller = new AbortController();
    const reading = urlFolder(`${address}/m`, { init: { signal: controller.signal } }).read('slow');
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  it('calls the fetch of a class as its method, and one of its own as a function', async () => {
    class Fetcher {
      readonly #body = 'mine';
      async fetch() {
        return new Response(this.#body);
      }
    }
    const bytes = await urlFolder('models/a', new Fetcher()).read('x.json');
    expect(new TextDecoder().decode(bytes)).toBe('mine');
    // As browsers' fetch, which is no method of the options.
    const options = {
      async fetch(this: unknown) {
        return new Response(String(this === undefined));
      },
    };
    expect(new TextDecoder().decode(await urlFolder('models/a', options).read('x.json'))).toBe('true');
  });

  it('uses the fetch it is given', async () => {
    const init = { headers: { authorization: 'me' } };
    const fetch = async (...args: unknown[]) => new Response(JSON.stringify(args));
    const bytes = await urlFolder('models/a', { fetch, init }).read('x.json');
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(['models/a/x.json', init]);
  });
});

describe('isFileName', () => {
  it('allows plain relative names', () => {
    for (const name of ['model.json', 'head/weights.bin', 'a/b/c', 'group1-shard1of2.bin', '_x']) {
      expect(isFileName(name), name).toBe(true);
    }
  });

  it('refuses what could leave the folder or fail on some system', () => {
    const bad = [
      '',
      '.',
      '..',
      '../a',
      'a/../b',
      'a/..',
      '/a',
      'a/',
      'a//b',
      '.hidden',
      'a/.b',
      'a\\b',
      'C:a',
      'a b',
      'é',
      'a\n',
      'a\0',
    ];
    for (const name of bad) expect(isFileName(name), JSON.stringify(name)).toBe(false);
  });
});
