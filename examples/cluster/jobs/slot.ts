import { Worker } from 'node:worker_threads';
import { FerError, type FerErrorCode } from 'fer-core';
import type { Part } from './plan.js';

/** What a slot's thread is started with. */
export interface SlotOptions {
  /** Location of the store. */
  readonly store: string;
  /** URL of the module that exports the tasks. */
  readonly tasks: string;
  /** Threads that a task may use for one computation. */
  readonly threads: number;
}

/** What a slot's thread is told. */
export interface SlotOrder {
  readonly part: Part;
}

/** What it answers. Errors lose their class on the way. */
export type SlotAnswer =
  | { readonly kind: 'done'; readonly seconds: number }
  | { readonly kind: 'failed'; readonly message: string; readonly stack?: string; readonly code?: FerErrorCode };

/** The part was stopped before its end, because the worker stops. */
export class HandedBack extends Error {}

/** A place for one part at a time, with a thread that is kept from part to part. */
export class Slot {
  readonly #options: SlotOptions;
  #thread: Worker | undefined;
  #stop: ((reason: HandedBack) => void) | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /**
   * Does a part.
   *
   * @returns Seconds that it took.
   * @throws FerError whatever the task throws, or `UNSUPPORTED` where the thread ends; HandedBack after `end`.
   */
  async run(part: Part): Promise<number> {
    const thread = this.#thread ?? this.#start();
    // Only these listeners are taken off again: Node has its own on a thread.
    let onMessage = (_: SlotAnswer): void => undefined;
    let onError = (_: unknown): void => undefined;
    let onExit = (_: number): void => undefined;
    const answered = new Promise<SlotAnswer>((resolve, reject) => {
      onMessage = resolve;
      onError = reject;
      onExit = (code) => {
        reject(new FerError('UNSUPPORTED', `the thread ended with code ${code}: give the worker more memory.`));
      };
      this.#stop = reject;
    });
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    try {
      thread.postMessage({ part } satisfies SlotOrder);
      const answer = await answered;
      if (answer.kind === 'done') return answer.seconds;
      const error = answer.code ? new FerError(answer.code, answer.message) : new Error(answer.message);
      error.stack = answer.stack;
      throw error;
    } finally {
      this.#stop = undefined;
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
    }
  }

  /** Starts the thread. One that ends, for whatever reason, is replaced by the next part. */
  #start(): Worker {
    const thread = new Worker(new URL('./slotThread.mjs', import.meta.url), {
      workerData: this.#options,
      execArgv: [],
    });
    const drop = (): void => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    thread.on('error', drop).on('exit', drop);
    this.#thread = thread;
    return thread;
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    this.#stop?.(new HandedBack('the worker stops'));
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}
