import { availableParallelism, totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { checkOptions, describeValue, type FeatureMatrix, FerError } from 'fer-core';
import type { HeadAnswer, HeadTask } from './fitHead.js';
import { type HeadOrder, type HeadReply, WORKER_MARK } from './serveHeads.js';
import type { ExperimentHead, ExperimentWorkers } from './types.js';

/** Worker threads that fit heads to the same features. */
export interface HeadPool {
  readonly threads: number;
  /** Fits the head that the module has by that name, as soon as a thread is free. */
  fit(head: Pick<ExperimentHead, 'name' | 'options'>, task: HeadTask): Promise<HeadAnswer>;
  /** Terminates the threads, even if they are busy. */
  close(): Promise<void>;
}

/**
 * Checks the options of the threads.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkWorkers(workers: ExperimentWorkers): void {
  checkOptions('workers', workers, ['module', 'threads', 'memory']);
  const { module, threads = 1, memory = 1 } = workers;
  if (!(module instanceof URL)) {
    const advice = "give the URL of the module that calls serveHeads: new URL('./heads.js', import.meta.url)";
    throw new FerError('INVALID_ARGUMENT', `the module of workers is ${describeValue(module)}: ${advice}.`);
  }
  if (!(Number.isInteger(threads) && threads >= 1)) {
    throw new FerError('INVALID_ARGUMENT', `threads is ${describeValue(threads)}: give a whole number from 1.`);
  }
  if (typeof memory === 'number' && memory > 0) return;
  throw new FerError('INVALID_ARGUMENT', `memory is ${describeValue(memory)}: give a number of bytes.`);
}

/** Returns how many threads the cores and the memory allow, at least one. */
export function threadsWithin(
  { threads = availableParallelism(), memory = totalmem() / 2 }: ExperimentWorkers,
  features: HeadTask['features'],
  cells: number,
): number {
  const bytes = Object.values(features).reduce((sum, { data }) => sum + data.byteLength, 0);
  const room = Math.floor((memory - bytes) / Math.max(1, features.train.data.byteLength));
  return Math.max(1, Math.min(threads, cells, room));
}

/** Starts the threads. Each loads the module that serves its heads. */
export function openHeadPool(workers: ExperimentWorkers, threads: number): HeadPool {
  const { module, memory = totalmem() / 2 } = workers;
  const resourceLimits = { maxOldGenerationSizeMb: Math.max(64, Math.floor(memory / threads / 2 ** 20)) };
  const idle: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];
  const all = Array.from({ length: threads }, () => {
    const worker = new Worker(module, { workerData: { mark: WORKER_MARK }, resourceLimits });
    worker.on('error', () => undefined); // handled by the order that is waiting
    idle.push(worker);
    return worker;
  });
  const release = (worker: Worker) => {
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  };
  return {
    threads,
    async fit({ name: head, options = {} }, task) {
      const worker = idle.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
      const answer = await send(worker, { ...task, head, options });
      release(worker);
      return answer;
    },
    async close() {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}

/** After an error the pool can't be used any more: the experiment ends with that error. */
function send(worker: Worker, order: HeadOrder): Promise<HeadAnswer> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(
        new FerError(
          'UNSUPPORTED',
          `the thread that fits "${order.head}" failed: ${cause instanceof Error ? cause.message : cause}. ` +
            'Give the threads more memory, or check that the module calls serveHeads.',
          {},
          { cause },
        ),
      );
    if (worker.threadId < 0) return failed('it has ended');
    worker.once('error', failed);
    worker.once('exit', (code) => failed(`it ended with code ${code}`));
    worker.once('message', (reply: HeadReply) => {
      worker.removeListener('error', failed);
      worker.removeAllListeners('exit');
      if ('answer' in reply) return resolve(reply.answer);
      const { message, code, stack } = reply.error;
      const error = code ? new FerError(code, message) : new Error(message);
      error.stack = stack;
      reject(error);
    });
    worker.postMessage(order);
  });
}

/** Copies the features to shared memory, so that threads don't need their own copies. */
export function shareFeatures(features: HeadTask['features']): HeadTask['features'] {
  return Object.fromEntries(
    Object.entries(features).map(([split, matrix]): [string, FeatureMatrix] => {
      const data = new Float32Array(new SharedArrayBuffer(matrix.data.byteLength));
      data.set(matrix.data);
      return [split, { ...matrix, data }];
    }),
  );
}
