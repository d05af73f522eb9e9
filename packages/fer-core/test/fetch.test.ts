import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchBytes, fetchResponse, type Progress, urlFolder } from 'fer-core';
import { describe, expect, it } from 'vitest';

async function serving<T>(listener: RequestListener, work: (address: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a.bin`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const error = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'FerError', code, message: expect.stringMatching(message) });
const page = '<!doctype html><title>App</title>';

describe('fetchBytes', () => {
  it.each([[{ init: '' }], [{ init: new Map() }], [{ init: { signal: 'x' } }], [{ advice: 3 }]])(
    'refuses %j',
    async (options) => {
      const fetch = async () => new Response('hello');
      const fetching = fetchBytes('http://127.0.0.1/a', { fetch, ...(options as object) });
      await expect(fetching).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    },
  );

  it('gives the bytes, and reports them as they arrive', async () => {
    const events: Progress[] = [];
    const bytes = await serving(
      (_, response) => response.writeHead(200, { 'content-length': 5 }).end('hello'),
      (address) => fetchBytes(address, { onProgress: (event) => events.push(event) }),
    );
    expect(new TextDecoder().decode(bytes)).toBe('hello');
    expect(events.at(-1)).toEqual({ kind: 'load', rows: 0, bytes: 5, totalBytes: 5 });
  });

  it("closes the connection and throws progress' own error if progress throws", async () => {
    let closed = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(9)),
      cancel: () => {
        closed = true;
      },
    });
    const onProgress = () => {
      throw new Error('enough');
    };
    const fetching = fetchBytes('http://127.0.0.1/a', { fetch: async () => new Response(body), onProgress });
    await expect(fetching).rejects.toThrow(/^enough$/);
    expect(closed).toBe(true);
  });

  it.each([
    [404, 'NOT_FOUND'],
    [410, 'NOT_FOUND'],
    [500, 'IO'],
    [403, 'IO'],
  ])('refuses a status of %i', async (status, code) => {
    const fetched = serving(
      (_, response) => response.writeHead(status).end('no'),
      (address) => fetchBytes(`${address}?key=secret`, { advice: 'ask for it' }),
    );
    await expect(fetched).rejects.toEqual(
      error(code, new RegExp(`a\\.bin: the server answered ${status}: ask for it`)),
    );
  });

  it('refuses a web page, by its type or by its first bytes', async () => {
    for (const type of ['text/html; charset=utf-8', 'application/octet-stream']) {
      const fetched = serving(
        (_, response) => response.writeHead(200, { 'content-type': type }).end(page),
        (address) => fetchBytes(address),
      );
      await expect(fetched).rejects.toEqual(
        error('NOT_FOUND', /the server answered with a web page: check the address\.$/),
      );
    }
  });

  it('calls a request that fails, and a connection that breaks off, IO', async () => {
    const broken = serving(
      (_, response) => response.writeHead(200, { 'content-length': 9 }).write('hell', () => response.destroy()),
      (address) => fetchBytes(address),
    );
    await expect(broken).rejects.toEqual(error('IO', /the connection broke off: check the address and the network/));
    await expect(fetchBytes('http://127.0.0.1:1/x')).rejects.toEqual(error('IO', /the request failed/));
  });

  it('rejects with the reason of either signal', async () => {
    const reason = new Error('enough');
    for (const options of [
      { signal: AbortSignal.abort(reason) },
      { init: { signal: AbortSignal.abort(reason) } },
      { signal: new AbortController().signal, init: { signal: AbortSignal.abort(reason) } },
    ]) {
      const fetched = serving(
        (_, response) => response.end('x'),
        (address) => fetchBytes(address, options),
      );
      await expect(fetched).rejects.toBe(reason);
    }
  });
});

it('fetchResponse leaves the body to be read', async () => {
  const text = await serving(
    (_, response) => response.end('body'),
    async (address) => (await fetchResponse(address)).text(),
  );
  expect(text).toBe('body');
});

it('urlFolder says that a file is not a folder, and that a web page is not a classifier file', async () => {
  for (const name of ['model.json', 'classifier.json?v=2']) {
    expect(() => urlFolder(`https://example.org/m/${name}`)).toThrow(/give the address of its folder/);
  }
  const read = serving(
    (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page),
    (address) => urlFolder(address.replace('/a.bin', '/m')).read('classifier.json'),
  );
  await expect(read).rejects.toEqual(error('NOT_FOUND', /m\/classifier\.json: the server answered with a web page/));
});
