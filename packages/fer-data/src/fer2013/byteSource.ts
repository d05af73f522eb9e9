import { FerError } from 'fer-core';

/** Bytes in chunks: a web stream, or an async iterable such as Node's `Readable`. */
export type ByteSource = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** Chunks of bytes. `return` closes their source. */
export interface OpenChunks extends AsyncIterableIterator<Uint8Array> {
  return(): Promise<IteratorResult<Uint8Array>>;
}

/**
 * Reads the chunks of a source and checks that each consists of bytes. Aborting the signal and calling `return` close
 * the source at once, even while it is waiting for data. A chunk is valid until the next one is asked for.
 *
 * @throws FerError `IO` if the source fails, `INVALID_ARGUMENT` if it is not a stream or yields anything other than
 *   bytes.
 */
export function readChunks(source: ByteSource, file: string, signal?: AbortSignal): OpenChunks {
  let end!: () => void;
  const ended = new Promise<IteratorResult<never>>((resolve) => {
    end = () => resolve({ done: true, value: undefined });
  });
  const chunks = read(source, file, ended, signal);
  return {
    next: () => chunks.next(),
    return() {
      // Without this, a generator would wait for the data first.
      end();
      return chunks.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* read(
  source: ByteSource,
  file: string,
  ended: Promise<IteratorResult<never>>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = iterate(source, file);
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
      const { done, value } = await Promise.race([next, aborted, ended]);
      if (done) return;
      if (!(value instanceof Uint8Array)) {
        throw new FerError('INVALID_ARGUMENT', `the source gave a ${typeof value}: give a stream of bytes.`, { file });
      }
      yield value;
    }
  } catch (cause) {
    if (cause instanceof FerError || signal?.aborted) throw cause;
    throw new FerError('IO', `reading failed (${(cause as Error)?.message ?? cause}).`, { file }, { cause });
  } finally {
    signal?.removeEventListener('abort', abort);
    // Not awaited: a source that waits for data may never answer.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function iterate(source: ByteSource, file: string): AsyncIterator<Uint8Array> {
  if (typeof source !== 'object' || source === null || !('getReader' in source || Symbol.asyncIterator in source)) {
    const type = Object.prototype.toString.call(source).slice(8, -1);
    const message = `the source is of type ${type}: give a stream or an async iterable of bytes.`;
    throw new FerError('INVALID_ARGUMENT', message, { file });
  }
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

/** Reads at least the first `length` bytes, or all if there are fewer, as `head`. `bytes` yields everything again. */
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
      yield head;
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
 * Passes chunks on, up to a number of bytes.
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
