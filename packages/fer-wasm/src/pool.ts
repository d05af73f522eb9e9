import { startWorker, type WorkerHandle } from './platform.js';
import type { Recorder } from './recorder.js';

/** Words of the control block: call counter, number of finished workers, kernel index, whether a worker failed. */
const CALL = 0;
const DONE = 1;
const KERNEL = 2;
const FAILED = 3;
const ARGUMENTS = 16;
/** Counters of the items that threads have taken, one per thread, as in assembly/share.ts. */
const TAKEN = 64;
/** The most threads that there are counters for. */
const MOST_THREADS = 256;

/** Bytes of the control block: 16 words of control, 48 of arguments, and the counters. */
export const CONTROL_BYTES = 4 * (TAKEN + MOST_THREADS);

/**
 * The script of a worker: wait for a call, run its share, report that it is done. It spins for a while before it
 * sleeps, because in training the next call comes within microseconds.
 */
const WORKER = `
const start = ({ module, memory, control, thread, threads, names }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = names.map((name) => exports[name]);
  const words = new Int32Array(memory.buffer, control, ${CONTROL_BYTES / 4});
  let seen = 0;
  ready();
  for (;;) {
    for (let turns = 0; Atomics.load(words, ${CALL}) === seen; turns++) {
      if (turns > 20000) Atomics.wait(words, ${CALL}, seen);
    }
    seen = Atomics.load(words, ${CALL});
    try {
      kernels[words[${KERNEL}]](control + ${4 * ARGUMENTS}, thread, threads);
    } catch {
      Atomics.store(words, ${FAILED}, 1);
    }
    Atomics.add(words, ${DONE}, 1);
    Atomics.notify(words, ${DONE});
  }
};
let ready;
if (typeof require === 'function') {
  const { parentPort, workerData } = require('node:worker_threads');
  ready = () => parentPort.postMessage(0);
  start(workerData);
} else {
  ready = () => postMessage(0);
  onmessage = ({ data }) => start(data);
}`;

/** How many times the caller polls before it sleeps for a moment, if it may sleep. */
const SPIN_TURNS = 20000;

/**
 * Runs kernels on several threads over one memory. A kernel is an exported function (arguments, thread, threads). The
 * arguments are a block of 32-bit words, and each thread does its share of the work. The caller is thread 0.
 */
export class KernelPool {
  readonly threads: number;
  /** Records the kernels that run, while it is set. */
  recorder: Pick<Recorder, 'calls' | 'keep'> | undefined;
  readonly #memory: WebAssembly.Memory;
  readonly #control: number;
  readonly #kernels: readonly ((args: number, thread: number, threads: number) => void)[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #workers: readonly WorkerHandle[];
  #words: Int32Array;

  private constructor(
    memory: WebAssembly.Memory,
    control: number,
    exports: WebAssembly.Exports,
    names: readonly string[],
    workers: readonly WorkerHandle[],
  ) {
    this.#memory = memory;
    this.#control = control;
    this.#kernels = names.map((name) => exports[name] as (args: number, thread: number, threads: number) => void);
    this.#index = new Map(names.map((name, i) => [name, i]));
    this.#workers = workers;
    this.#words = new Int32Array(memory.buffer, control, CONTROL_BYTES / 4);
    this.threads = workers.length + 1;
  }

  /**
   * @param module - The kernels; they import `env.memory`.
   * @param memory - Shared, unless `threads` is 1.
   * @param control - Address of {@link CONTROL_BYTES} zeroed bytes in the memory.
   * @param threads - How many threads to use. If a worker can't be started, the pool has one.
   */
  static async start(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    control: number,
    threads: number,
  ): Promise<KernelPool> {
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
    const workers = Array.from({ length: threads - 1 }, (_, i) =>
      startWorker(WORKER, { module, memory, control, thread: i + 1, threads, names }),
    );
    return new KernelPool(memory, control, exports, names, await allOrNone(workers));
  }

  /**
   * Runs one kernel and returns when all threads have finished.
   *
   * @param words - Its arguments: addresses and sizes, and floats converted by {@link float32Bits}.
   * @param parallel - `false` for work that is too small to share.
   */
  run(kernel: string, words: readonly number[], parallel = true): void {
    const index = this.#index.get(kernel);
    if (index === undefined) throw new Error(`There is no kernel "${kernel}" in this build of fer-wasm.`);
    this.recorder?.calls.push({ kernel, words: [...words], parallel });
    // A memory that isn't shared gets a new buffer when it grows.
    if (this.#words.buffer !== this.#memory.buffer && this.#words.byteLength === 0) {
      this.#words = new Int32Array(this.#memory.buffer, this.#control, CONTROL_BYTES / 4);
    }
    const control = this.#words;
    control.set(words, ARGUMENTS);
    for (let thread = 0; thread < this.threads; thread++) control[TAKEN + thread] = 0;
    const run = this.#kernels[index];
    if (!parallel || this.threads === 1) {
      run(this.#control + 4 * ARGUMENTS, 0, 1);
      return;
    }
    control[KERNEL] = index;
    Atomics.store(control, DONE, 0);
    Atomics.add(control, CALL, 1);
    Atomics.notify(control, CALL);
    run(this.#control + 4 * ARGUMENTS, 0, this.threads);
    const others = this.threads - 1;
    for (let turns = 0, done = Atomics.load(control, DONE); done < others; done = Atomics.load(control, DONE)) {
      if (++turns > SPIN_TURNS && mayBlock()) Atomics.wait(control, DONE, done, 1);
    }
    if (Atomics.exchange(control, FAILED, 0)) throw new Error(`The kernel "${kernel}" failed in a worker.`);
  }

  /** Ends the workers. */
  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

/** Returns the workers, or none if one of them didn't start; a content security policy may forbid them. */
async function allOrNone(starting: readonly Promise<WorkerHandle>[]): Promise<WorkerHandle[]> {
  const results = await Promise.allSettled(starting);
  const workers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (workers.length === starting.length) return workers;
  for (const worker of workers) worker.terminate();
  return [];
}

let blocking: boolean | undefined;

/** Whether this thread may sleep. The main thread of a page may not. */
function mayBlock(): boolean {
  blocking ??= typeof window === 'undefined';
  return blocking;
}

const float = new Float32Array(1);
const word = new Int32Array(float.buffer);

/** Returns a float's bits as a 32-bit word, for a kernel's arguments. */
export function float32Bits(value: number): number {
  float[0] = value;
  return word[0];
}
