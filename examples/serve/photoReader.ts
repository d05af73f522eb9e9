import { Worker } from 'node:worker_threads';
import { FerError } from 'fer-core';
import type { Answer, PhotoReading, Request, WorkerOptions } from './protocol.js';

/** Processes uploads. */
export interface PhotoReader {
  /** Number of uploads waiting or being processed. */
  readonly pending: number;
  /** Whether it still works: false once its thread has died or `close` was called. */
  readonly isAlive: boolean;
  /**
   * Finds and classifies the faces in the bytes of an image file.
   *
   * @throws FerError `INVALID_DATA` if it is not a photo; the signal's `reason` if it aborts the call.
   */
  read(bytes: Uint8Array, signal?: AbortSignal): Promise<PhotoReading>;
  /** Waits for the current batch, then ends the thread. */
  close(): Promise<void>;
}

/** Options of {@link startReader}. */
export interface ReaderOptions extends WorkerOptions {
  /** Called with the number of photos of each batch. */
  readonly onBatch?: (photos: number) => void;
}

interface Waiting {
  readonly resolve: (reading: PhotoReading) => void;
  readonly reject: (error: unknown) => void;
}

/** Starts the thread, and waits until its classifier is loaded. */
export async function startReader({ onBatch, ...options }: ReaderOptions): Promise<PhotoReader> {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: options, execArgv: [] });
  const waiting = new Map<number, Waiting>();
  let isAlive = true;
  let nextId = 0;
  let idle: (() => void) | undefined;
  const settle = (id: number): Waiting | undefined => {
    const entry = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) idle?.();
    return entry;
  };
  const tell = (request: Request): void => worker.postMessage(request);

  await new Promise<void>((resolve, reject) => {
    const die = (error: Error): void => {
      isAlive = false;
      reject(error);
      for (const id of [...waiting.keys()]) settle(id)?.reject(error);
    };
    worker.on('error', die);
    worker.on('exit', () => die(new Error('The reading thread has ended.')));
    worker.on('message', (answer: Answer) => {
      if (answer.kind === 'ready') resolve();
      else if (answer.kind === 'batch') onBatch?.(answer.photos);
      else if (answer.kind === 'reading') settle(answer.id)?.resolve(answer.reading);
      else {
        const { id, code, message } = answer;
        settle(id)?.reject(code ? new FerError(code, message) : new Error(message));
      }
    });
  });

  return {
    get pending() {
      return waiting.size;
    },
    get isAlive() {
      return isAlive;
    },
    async read(bytes, signal) {
      signal?.throwIfAborted();
      if (!isAlive) throw new Error('The reading thread has ended.');
      const id = nextId++;
      const stop = (): void => {
        tell({ kind: 'cancel', id });
        settle(id)?.reject(signal!.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
      try {
        return await new Promise<PhotoReading>((resolve, reject) => {
          waiting.set(id, { resolve, reject });
          tell({ kind: 'read', id, bytes });
        });
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },
    async close() {
      if (waiting.size > 0 && isAlive) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      isAlive = false;
      await worker.terminate();
    },
  };
}
