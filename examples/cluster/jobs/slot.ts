import { Worker } from 'node:worker_threads';
import { FerError, type FerErrorCode } from 'fer-core';
import type { Part } from './plan.js';

/** Data that a slot's thread is started with. */
export interface SlotOptions {
  /** Location of the store. */
  readonly store: string;
  /** URL of the module that exports the tasks. */
  readonly tasks: string;
  /** Threads that a task may use. */
  readonly threads: number;
}

/** A request to the slot's thread. */
export interface SlotOrder {
  readonly part: Part;
}

/** The thread's answer. Errors lose their class when they are sent. */
export type SlotAnswer =
  | { readonly kind: 'done'; readonly seconds: number }
  | { readonly kind: 'failed'; readonly message: string; readonly stack?: string; readonly code?: FerErrorCode };

/** The part was interrupted because the worker stops. */
export class HandedBack extends Error {}

/** Runs one part at a time, in a thread that is reused for the next part. */
export class Slot {
  readonly #options: SlotOptions;
  #thread: Worker | undefined;
  #stop: ((reason: HandedBack) => void) | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /**
   * Runs a part.
   *
   * @returns Its duration in seconds.
   * @throws FerError whatever the task throws, or `UNSUPPORTED` if the thread ends; HandedBack after `end`.
   */
  async run(part: Part): Promise<number> {
    const thread = this.#thread ?? this.#start();
    // Remove only these listeners, because Node has its own on a thread.
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

  /** Starts the thread. If it ends, for whatever reason, the next part starts a new one. */
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

  /** Terminates the thread, even in the middle of a part. */
  async end(): Promise<void> {
    this.#stop?.(new HandedBack('the worker stops'));
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}
