import Fastify, { type FastifyInstance } from 'fastify';
import { isFerError } from 'fer-core';
import { Metrics } from './metrics.js';
import type { PhotoReader } from './photoReader.js';

/** Limits of the server. */
export interface Limits {
  /** Maximum size of an upload. @default 10 MiB */
  readonly maxBytes?: number;
  /** Maximum number of uploads waiting or being processed; further ones are refused with 503. @default 64 */
  readonly maxPending?: number;
  /** Milliseconds within which an upload must be received. @default 15,000 */
  readonly uploadTimeout?: number;
  /** Milliseconds within which it must be processed. @default 30,000 */
  readonly readTimeout?: number;
}

/** Accepted content types. */
const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream'];

/**
 * An HTTP server that classifies facial expressions:
 *
 * - `POST /expressions` with a JPEG, PNG or WebP as the body: `{ width, height, faces: [{ box, score, expression,
 *   probabilities, … }] }`.
 * - `GET /health`: 200, or 503 while it is closing or after its thread has died.
 * - `GET /metrics`: counters and durations, for Prometheus.
 *
 * Errors are `{ error, message }`: 400 empty upload, 408 upload too slow, 413 upload too large, 415 other content type,
 * 422 not a photo, 503 too busy (with `Retry-After`), 504 not processed in time.
 */
export function buildServer(reader: PhotoReader, limits: Limits = {}, metrics = new Metrics()): FastifyInstance {
  const { maxBytes = 10 * 2 ** 20, maxPending = 64, uploadTimeout = 15_000, readTimeout = 30_000 } = limits;
  const server = Fastify({
    bodyLimit: maxBytes,
    requestTimeout: uploadTimeout,
    forceCloseConnections: 'idle',
    http: {
      // Node uses the shorter of the two for the headers.
      headersTimeout: uploadTimeout,
      requestTimeout: uploadTimeout,
      // By default Node checks for slow uploads only every 30 seconds.
      connectionsCheckingInterval: Math.min(1000, uploadTimeout),
    },
  });
  metrics.watch(reader);
  let isClosing = false;
  server.addHook('preClose', async () => {
    isClosing = true;
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(TYPES, { parseAs: 'buffer' }, (_, body, done) => done(null, body));

  server.get('/health', async (_, reply) => {
    const isWell = reader.isAlive && !isClosing;
    return reply.code(isWell ? 200 : 503).send({ status: isWell ? 'ok' : 'closing', pending: reader.pending });
  });
  server.get('/metrics', async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );

  server.post<{ Body: Buffer | undefined }>(
    '/expressions',
    {
      // Checked before the body, so that refused clients need not upload it.
      async onRequest(_, reply) {
        if (reader.pending < maxPending && reader.isAlive && !isClosing) return;
        metrics.requests.inc({ status: 503 });
        return reply
          .code(503)
          .header('Retry-After', '1')
          .send({ error: 'busy', message: 'Too many photos are waiting: try again in a second.' });
      },
    },
    async (request, reply) => {
      const end = metrics.seconds.startTimer();
      const answer = (status: number, body: object) => {
        end();
        metrics.requests.inc({ status });
        return reply.code(status).send(body);
      };
      const { body } = request;
      if (!body?.length) return answer(400, { error: 'empty', message: 'Nothing was uploaded: send an image file.' });
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort(new Error('The client has gone.')));
      const late = AbortSignal.timeout(readTimeout);
      try {
        const reading = await reader.read(body, AbortSignal.any([gone.signal, late]));
        metrics.faces.inc(reading.faces.length);
        return answer(200, reading);
      } catch (error) {
        if (isFerError(error, 'INVALID_DATA')) return answer(422, { error: 'no photo', message: error.message });
        if (late.aborted) return answer(504, { error: 'late', message: 'The photo was not read in time: try again.' });
        if (gone.signal.aborted) return answer(499, { error: 'gone', message: 'The client has disconnected.' });
        request.log.error(error);
        return answer(500, { error: 'internal', message: 'The photo could not be processed.' });
      }
    },
  );

  server.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const status = error.statusCode ?? 500;
    metrics.requests.inc({ status });
    const [name, message] = explain(status, maxBytes);
    return reply.code(status).send({ error: name, message });
  });
  return server;
}

function explain(status: number, maxBytes: number): [name: string, message: string] {
  if (status === 413) return ['too large', `The upload has more than ${maxBytes} bytes: shrink the photo.`];
  if (status === 415) return ['type', `Send the image file itself, as ${TYPES.join(', ')}.`];
  if (status < 500) return ['request', 'The request is malformed: send an image file as the body of a POST.'];
  return ['internal', 'Something went wrong.'];
}
