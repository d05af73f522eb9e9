/** Runs parts in a thread of their own, so that the worker can renew its locks while a part computes. */
import { parentPort, workerData } from 'node:worker_threads';
import { FerError, isFerError } from 'fer-core';
import { openStore } from '../stores/openStore.js';
import type { SlotAnswer, SlotOptions, SlotOrder } from './slot.js';
import type { Tasks } from './task.js';

const { store: location, tasks: module, threads } = workerData as SlotOptions;
const port = parentPort!;
const { tasks } = (await import(module)) as { tasks: Tasks };
const store = await openStore(location);

port.on('message', async ({ part }: SlotOrder) => {
  const start = performance.now();
  let answer: SlotAnswer;
  try {
    const task = Object.hasOwn(tasks, part.task) ? tasks[part.task] : undefined;
    if (!task) throw new FerError('UNSUPPORTED', `this worker has no task "${part.task}": update it.`);
    await task(part, { store, threads });
    answer = { kind: 'done', seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    const { message, stack } = error as Error;
    answer = { kind: 'failed', message, stack, code: isFerError(error) ? error.code : undefined };
  }
  port.postMessage(answer);
});
