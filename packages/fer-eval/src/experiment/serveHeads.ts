import { parentPort, workerData } from 'node:worker_threads';
import { FerError, type FerErrorCode, isFerError, type JsonObject } from 'fer-core';
import { checkParts } from './checkParts.js';
import { fitHead, type HeadAnswer, type HeadTask } from './fitHead.js';
import { jsonDigest } from './key.js';
import type { ExperimentHead } from './types.js';

/** Marks a thread as started by an experiment. */
export const WORKER_MARK = 'fer-experiment-worker';

/** The task that is sent to a thread. */
export interface HeadOrder extends HeadTask {
  readonly head: string;
  /** The options under which the result is stored. The module's head must have the same. */
  readonly options: JsonObject;
}

/** The reply of a thread: the result, or the parts of an error, because errors lose their class in transfer. */
export type HeadReply =
  | { readonly answer: HeadAnswer }
  | { readonly error: { readonly message: string; readonly code?: FerErrorCode; readonly stack?: string } };

/**
 * Makes a module's heads available to the threads of an experiment. Closures can't be sent to a thread, but it can load
 * the module that makes them. Outside such a thread, this function just returns its argument.
 *
 * @returns The same heads.
 * @throws FerError `INVALID_ARGUMENT` for heads that `runExperiment` would refuse.
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
  checkParts('the heads', heads);
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
      if (jsonDigest(head.options ?? {}) !== jsonDigest(order.options)) {
        throw new FerError(
          'INVALID_ARGUMENT',
          `the module serves the head "${order.head}" with other options than runExperiment got: give it the same ones.`,
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
