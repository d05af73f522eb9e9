import { parentPort, workerData } from 'node:worker_threads';
import { FerError, type FerErrorCode, isFerError } from 'fer-core';
import { fitHead, type HeadAnswer, type HeadTask } from './fitHead.js';
import type { ExperimentHead } from './types.js';

/** How a thread knows that it was started by an experiment. */
export const WORKER_MARK = 'fer-experiment-worker';

/** What a thread is told to do. */
export interface HeadOrder extends HeadTask {
  readonly head: string;
}

/** What it answers: the result, or the error in parts, as errors lose their class on the way. */
export type HeadReply =
  | { readonly answer: HeadAnswer }
  | { readonly error: { readonly message: string; readonly code?: FerErrorCode; readonly stack?: string } };

/**
 * Makes a module's heads available to the threads of an experiment: a thread can't take closures, but it can load the
 * module that makes them. In any other place it just gives back its argument.
 *
 * @returns The same heads.
 *
 * @example
 * ```ts
 * // heads.ts
 * export const heads = serveHeads([{ name: 'svm', options: { C: 1e-3 }, make: () => linearL2SVM({ C: 1e-3 }) }]);
 * // main.ts
 * await runExperiment({ ...experiment, heads, workers: { module: new URL('./heads.js', import.meta.url) } });
 * ```
 */
export function serveHeads(heads: readonly ExperimentHead[]): readonly ExperimentHead[] {
  const port = parentPort;
  if (!port || workerData?.mark !== WORKER_MARK) return heads;
  port.on('message', async (order: HeadOrder) => {
    let reply: HeadReply;
    try {
      const head = heads.find(({ name }) => name === order.head);
      if (!head) {
        const known = heads.map(({ name }) => name).join(', ');
        throw new FerError(
          'NOT_FOUND',
          `the module serves the heads [${known}], not "${order.head}": give runExperiment the same ones.`,
        );
      }
      reply = { answer: await fitHead(head, order) };
    } catch (cause) {
      const { message, stack } = cause as Error;
      reply = { error: { message, stack, ...(isFerError(cause) && { code: cause.code }) } };
    }
    port.postMessage(reply);
  });
  return heads;
}
