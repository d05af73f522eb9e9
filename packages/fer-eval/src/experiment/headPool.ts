import { availableParallelism, totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type FeatureMatrix, FerError } from 'fer-core';
import type { HeadAnswer, HeadTask } from './fitHead.js';
import { type HeadOrder, type HeadReply, WORKER_MARK } from './serveHeads.js';
import type { ExperimentWorkers } from './types.js';

/** Threads that fit heads to the same features. */
export interface HeadPool {
  readonly threads: number;
  /** Fits the head of that name, as soon as a thread is free. */
  fit(head: string, task: HeadTask): Promise<HeadAnswer>;
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>;
}

/** How many threads fit into cores and memory, at least one. */
export function threadsWithin(
  { threads = availableParallelism(), memory = totalmem() / 2 }: ExperimentWorkers,
  features: HeadTask['features'],
  cells: number,
): number {
  const bytes = Object.values(features).reduce((sum, { data }) => sum + data.byteLength, 0);
  const room = Math.floor((memory - bytes) / Math.max(1, features.train.data.byteLength));
  return Math.max(1, Math.min(threads, cells, room));
}

/** Starts threads. Each loads the module, which serves its heads. */
export function openHeadPool(workers: ExperimentWorkers, threads: number): HeadPool {
  const { module, memory = totalmem() / 2 } = workers;
  const resourceLimits = { maxOldGenerationSizeMb: Math.max(64, Math.floor(memory / threads / 2 ** 20)) };
  const idle: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];
  const all = Array.from({ length: threads }, () => {
    const worker = new Worker(module, { workerData: { mark: WORKER_MARK }, resourceLimits });
    worker.on('error', () => undefined); // heard where its order waits
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
    async fit(head, task) {
      const worker = idle.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
      const answer = await send(worker, { ...task, head });
      release(worker);
      return answer;
    },
    async close() {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}

/** After a failure the pool is of no use: the experiment ends with its error. */
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

/** The same numbers in memory that threads share, so that none has a copy of its own. */
export function shareFeatures(features: HeadTask['features']): HeadTask['features'] {
  return Object.fromEntries(
    Object.entries(features).map(([split, matrix]): [string, FeatureMatrix] => {
      const data = new Float32Array(new SharedArrayBuffer(matrix.data.byteLength));
      data.set(matrix.data);
      return [split, { ...matrix, data }];
    }),
  );
}
