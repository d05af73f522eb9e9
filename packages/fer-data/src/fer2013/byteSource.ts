import { FerError } from 'fer-core';

/** Bytes in pieces, from anywhere: Node's `Readable` is an async iterable, a web stream need not be one. */
export type ByteSource = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/**
 * The chunks of a source, each checked to be bytes. Aborting ends it at once, even where the source is stuck, and so
 * does leaving the loop: the source is then closed. A chunk need only be good until the next is asked for.
 *
 * @throws FerError `IO` where the source fails, `INVALID_ARGUMENT` where it gives something other than bytes.
 */
export async function* readChunks(source: ByteSource, file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = iterate(source);
  let abort!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason);
  });
  aborted.catch(() => undefined);
  signal?.addEventListener('abort', abort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = iterator.next();
      next.catch(() => undefined);
      const { done, value } = await Promise.race([next, aborted]);
      if (done) return;
      if (!(value instanceof Uint8Array)) {
        throw new FerError('INVALID_ARGUMENT', `the source gave a ${typeof value}: give chunks of bytes.`, { file });
      }
      yield value;
    }
  } catch (cause) {
    if (cause instanceof FerError || signal?.aborted) throw cause;
    throw new FerError('IO', `reading failed (${(cause as Error)?.message ?? cause}).`, { file }, { cause });
  } finally {
    signal?.removeEventListener('abort', abort);
    // Not awaited: a source that is stuck would never answer.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function iterate(source: ByteSource): AsyncIterator<Uint8Array> {
  // A web stream's own iterator can't be closed while it waits; its reader can.
  if (!('getReader' in source)) return source[Symbol.asyncIterator]();
  const reader = source.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** Looks at the first bytes of chunks: at least `length` of them where there are as many. `bytes` gives all of them. */
export async function peek(
  chunks: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ head: Uint8Array; bytes: AsyncGenerator<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let have = 0;
  while (have < length) {
    const { done, value } = await iterator.next();
    if (done) break;
    seen.push(value.slice());
    have += value.length;
  }
  const head = new Uint8Array(have);
  let offset = 0;
  for (const chunk of seen) {
    head.set(chunk, offset);
    offset += chunk.length;
  }
  async function* replay(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head, bytes: replay() };
}

/**
 * Passes chunks on, as long as they are not too many.
 *
 * @throws FerError `INVALID_DATA` beyond `maxBytes`.
 */
export async function* limitBytes(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  file: string,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > maxBytes) {
      throw new FerError(
        'INVALID_DATA',
        `unpacked, it is larger than ${maxBytes} bytes: if you trust it, raise the option maxBytes.`,
        { file },
      );
    }
    yield chunk;
  }
}
