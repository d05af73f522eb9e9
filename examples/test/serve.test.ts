import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type AddressInfo, connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { FerError } from 'fer-core';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { type PhotoReader, startReader } from '../serve/photoReader.js';
import type { PhotoReading } from '../serve/protocol.js';
import { buildServer, type Limits } from '../serve/server.js';

const EMPTY: PhotoReading = { width: 1, height: 1, faces: [] };

/** A reader that answers on request. */
class StubReader implements PhotoReader {
  isAlive = true;
  readonly signals: (AbortSignal | undefined)[] = [];
  readonly #answers: ((outcome: PhotoReading | Error) => void)[] = [];

  get pending(): number {
    return this.#answers.length;
  }

  read(_: Uint8Array, signal?: AbortSignal): Promise<PhotoReading> {
    this.signals.push(signal);
    return new Promise((resolve, reject) => {
      const answer = (outcome: PhotoReading | Error): void => {
        this.#answers.splice(this.#answers.indexOf(answer), 1);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      this.#answers.push(answer);
      signal?.addEventListener('abort', () => answer(signal.reason));
    });
  }

  /** Answers the upload that has waited longest, as soon as there is one. */
  async answer(outcome: PhotoReading | Error): Promise<void> {
    while (this.#answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    this.#answers[0](outcome);
  }

  async close(): Promise<void> {
    this.isAlive = false;
  }
}

let server: FastifyInstance | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function serve(reader: PhotoReader, limits?: Limits): FastifyInstance {
  server = buildServer(reader, limits);
  return server;
}

const upload = (payload: Buffer | string, type = 'image/jpeg') =>
  ({ method: 'POST', url: '/expressions', headers: { 'content-type': type }, payload }) as const;

describe('the server, with a reader that answers when told to', () => {
  it('answers an upload with what was read', async () => {
    const reader = new StubReader();
    const answer = serve(reader).inject(upload('photo'));
    await reader.answer(EMPTY);
    expect(await answer).toMatchObject({ statusCode: 200 });
    expect((await answer).json()).toEqual(EMPTY);
  });

  it('says what is wrong with an upload', async () => {
    const reader = new StubReader();
    const app = serve(reader, { maxBytes: 1000 });
    const malformed = app.inject(upload('notes'));
    await reader.answer(new FerError('INVALID_DATA', 'not an image that can be read: give a JPEG.'));
    expect(await malformed).toMatchObject({ statusCode: 422 });
    expect((await malformed).json().message).toContain('give a JPEG');
    expect(await app.inject(upload(''))).toMatchObject({ statusCode: 400 });
    expect(await app.inject(upload('{}', 'application/json'))).toMatchObject({ statusCode: 415 });
    expect(await app.inject(upload(Buffer.alloc(1001)))).toMatchObject({ statusCode: 413 });
    const internal = app.inject(upload('photo'));
    await reader.answer(new Error('a secret of the inside'));
    expect(await internal).toMatchObject({ statusCode: 500 });
    expect((await internal).body).not.toContain('secret');
    expect(await app.inject('/nothing')).toMatchObject({ statusCode: 404 });
  });

  it('turns uploads away while too many wait, and takes them again afterwards', async () => {
    const reader = new StubReader();
    const app = serve(reader, { maxPending: 2 });
    const first = [app.inject(upload('a')), app.inject(upload('b'))];
    while (reader.pending < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const refused = await app.inject(upload('c'));
    expect(refused).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    await reader.answer(EMPTY);
    await reader.answer(EMPTY);
    expect((await Promise.all(first)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const again = app.inject(upload('d'));
    await reader.answer(EMPTY);
    expect((await again).statusCode).toBe(200);
  });

  it('gives up on what is not read in time', async () => {
    const reader = new StubReader();
    expect(await serve(reader, { readTimeout: 30 }).inject(upload('photo'))).toMatchObject({ statusCode: 504 });
    expect(reader.pending).toBe(0);
  });

  it('tells its health, and counts', async () => {
    const reader = new StubReader();
    const app = serve(reader);
    const answer = app.inject(upload('photo'));
    await reader.answer(EMPTY);
    await answer;
    expect((await app.inject('/health')).json()).toEqual({ status: 'ok', pending: 0 });
    const { body } = await app.inject('/metrics');
    expect(body).toContain('fer_requests_total{status="200"} 1');
    expect(body).toContain('process_resident_memory_bytes');
    reader.isAlive = false;
    expect(await app.inject('/health')).toMatchObject({ statusCode: 503 });
    expect(await app.inject(upload('photo'))).toMatchObject({ statusCode: 503 });
  });

  it('ends an upload that comes too slowly', async () => {
    const app = serve(new StubReader(), { uploadTimeout: 200 });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      'POST /expressions HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 100\r\n\r\nslow',
    );
    const [chunk] = await once(socket, 'data');
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  });

  it('does not read on for a client that has gone, nor for an upload that is broken off', async () => {
    const reader = new StubReader();
    const app = serve(reader);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const head = 'POST /expressions HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 5\r\n\r\n';
    const broken = connect(port, '127.0.0.1');
    broken.write(`${head}ph`, () => broken.destroy());
    await once(broken, 'close');
    const gone = connect(port, '127.0.0.1');
    gone.write(`${head}photo`);
    while (reader.signals.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    gone.destroy();
    while (reader.pending > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(reader.signals).toHaveLength(1);
    expect(reader.signals[0]!.aborted).toBe(true);
    expect(await app.inject('/health')).toMatchObject({ statusCode: 200 });
  });

  it('answers what it has taken before it closes', async () => {
    const reader = new StubReader();
    const app = serve(reader);
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const headers = { 'content-type': 'image/jpeg' };
    const answer = fetch(`${address}/expressions`, { method: 'POST', headers, body: 'photo' });
    while (reader.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = app.close();
    await reader.answer(EMPTY);
    expect((await answer).status).toBe(200);
    await closed;
  });
});

describe('the server, with its thread', () => {
  it('reads photos that come together in one batch, while the event loop answers', async () => {
    const batches: number[] = [];
    const reader = await startReader({
      model: 'compact-vgg/softmax',
      mode: 'fast',
      maxBatch: 8,
      maxPixels: 1_000_000,
      onBatch: (photos) => batches.push(photos),
    });
    try {
      const app = serve(reader);
      const photo = await readFile(createRequire(import.meta.url).resolve('tracking/examples/assets/faces.jpg'));
      // 1,200×1,200 pixels, in a few kilobytes.
      const vast = await sharp({ create: { width: 1200, height: 1200, channels: 3, background: '#345' } })
        .png()
        .toBuffer();
      const files = [photo, photo, Buffer.from('no photo'), vast, photo];
      const answers = files.map((bytes) => app.inject(upload(bytes)));
      const health = await app.inject('/health');
      expect(health.json().status).toBe('ok');
      const [first, second, bad, tooVast, last] = await Promise.all(answers);
      expect(bad.statusCode).toBe(422);
      expect(tooVast.statusCode).toBe(422);
      expect(tooVast.json().message).toContain('1,000,000 pixels');
      expect(first.json()).toMatchObject({ width: 600, height: 346 });
      expect(first.json().faces).toHaveLength(3);
      for (const other of [second, last]) {
        for (const [i, face] of (first.json() as PhotoReading).faces.entries()) {
          const same = (other.json() as PhotoReading).faces[i];
          expect(same).toMatchObject({ box: face.box, score: face.score, expression: face.expression });
          // The last bits depend on how many faces are in a batch.
          const { probabilities } = same;
          for (const [name, share] of Object.entries(face.probabilities!)) {
            expect(probabilities![name]).toBeCloseTo(share, 4);
          }
        }
      }
      // The first upload starts a batch at once; uploads that arrive meanwhile form the next one.
      expect(batches.reduce((a, b) => a + b)).toBe(files.length);
      expect(batches.length).toBeLessThan(files.length);
      await expect(reader.read(photo, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    } finally {
      await reader.close();
    }
    expect(reader.isAlive).toBe(false);
    await expect(reader.read(new Uint8Array(1))).rejects.toThrow('ended');
  });

  it('reports an unknown classifier', async () => {
    const options = { model: 'vgg99', mode: 'fast', maxBatch: 1, maxPixels: 1 } as const;
    await expect(startReader(options)).rejects.toThrow(/vgg99/);
  });
});
