import { EventEmitter, once } from 'node:events';
import { type Job, WaitingError, Worker } from 'bullmq';
import { FerError } from 'fer-core';
import type { Redis } from 'ioredis';
import { checkClock } from '../redis/connect.js';
import { openStore } from '../stores/openStore.js';
import { hasFile, type Store } from '../stores/store.js';
import { digestOf, type Part, readPlan } from './plan.js';
import { enqueueFollowers, openQueue, type PartJob, type PartQueue } from './queue.js';
import { recordFinish } from './rate.js';
import { HandedBack, Slot } from './slot.js';
import { ownVersions, type Versions, versionDifference } from './versions.js';

/** Options of a worker. */
export interface WorkOptions {
  readonly redis: Redis;
  /** The queue's name. */
  readonly queue: string;
  /** Location of the store. */
  readonly store: string;
  /** Number of parts at a time. */
  readonly slots: number;
  /** Threads that one part may use. @default 1 */
  readonly threads?: number;
  /** URL of the module of tasks. @default the tasks of this example */
  readonly tasks?: string;
  /** Versions of this worker. @default those of this installation */
  readonly versions?: Versions;
  /** The clock of this machine, in milliseconds. @default Date.now */
  readonly now?: () => number;
  /**
   * Seconds after which another worker takes over a part if this worker was killed. While this worker lives, it keeps
   * renewing the lock on the part.
   *
   * @default 30
   */
  readonly lockSeconds?: number;
  /** Seconds that running parts may continue after `stop`, before they are handed back. @default 20 */
  readonly graceSeconds?: number;
  /** Whether to end when the queue is empty. @default false */
  readonly untilEmpty?: boolean;
  /** Called for every event. */
  readonly onEvent?: (event: WorkEvent) => void;
}

/** An event of a worker. */
export type WorkEvent =
  | { readonly kind: 'started' | 'reused' | 'handedBack'; readonly part: Part }
  | { readonly kind: 'done'; readonly part: Part; readonly seconds: number }
  | {
      readonly kind: 'failed';
      readonly part: Part;
      readonly error: Error;
      readonly attempts: number;
      readonly last: boolean;
    }
  | { readonly kind: 'error'; readonly error: Error };

/** A running worker. */
export interface RunningWorker {
  /** Resolves when it has ended; rejects if it refused to continue. */
  readonly ended: Promise<void>;
  /** Takes no more parts, gives the running ones some seconds to finish, hands back the others, and ends. */
  stop(): Promise<void>;
}

/** Milliseconds between two checks of an empty queue, and between attempts to reach Redis. */
const PAUSE = 250;
/** How often a part may be abandoned by a killed worker before it is set aside: the part itself may be the cause. */
const MOST_KILLS = 3;

/**
 * Starts a worker on a queue.
 *
 * @throws FerError `UNSUPPORTED` if the clock is wrong, or the queue has parts for other versions.
 */
export async function startWorker(options: WorkOptions): Promise<RunningWorker> {
  const { redis, store: location, onEvent, lockSeconds = 30, graceSeconds = 20 } = options;
  await checkClock(redis, options.now);
  const store = await openStore(location);
  const versions = options.versions ?? (await ownVersions());
  const digest = await digestOf(versions);
  const queue = openQueue(redis, options.queue);
  const [first] = await queue.getJobs(['waiting', 'active', 'delayed'], 0, 0);
  if (first && first.data.versions !== digest) {
    await queue.close();
    throw await refusal(first.data, versions, store);
  }

  const tasks = options.tasks ?? new URL('../tasks.ts', import.meta.url).href;
  const slots = Array.from(
    { length: options.slots },
    () => new Slot({ store: location, tasks, threads: options.threads ?? 1 }),
  );
  const idle = [...slots];
  const ends = new EventEmitter();
  let refused: FerError | undefined;

  const worker = new Worker<PartJob, void, string>(options.queue, process, {
    connection: redis,
    concurrency: options.slots,
    lockDuration: 1000 * lockSeconds,
    stalledInterval: 1000 * lockSeconds,
    maxStalledCount: MOST_KILLS,
    drainDelay: 1,
    runRetryDelay: PAUSE,
  });
  worker.on('error', (error) => onEvent?.({ kind: 'error', error }));
  worker.on('failed', (job, error) => {
    if (!job) return;
    const last = job.attemptsMade >= (job.opts.attempts ?? 1) || job.finishedOn !== undefined;
    onEvent?.({ kind: 'failed', part: job.data.part, error, attempts: job.attemptsMade, last });
  });

  async function process(job: Job<PartJob, void, string>, token?: string): Promise<void> {
    const { part } = job.data;
    if (job.data.versions !== digest) {
      refused ??= await refusal(job.data, versions, store);
      void stop();
      return handBack(job, token);
    }
    if (await hasFile(store, part.output)) {
      onEvent?.({ kind: 'reused', part });
    } else {
      const slot = idle.pop()!;
      onEvent?.({ kind: 'started', part });
      try {
        const seconds = await slot.run(part);
        if (!(await hasFile(store, part.output))) {
          throw new FerError(
            'IO',
            'the output is missing after the part was done: do all workers use the same --store?',
            {
              file: `${store.location}/${part.output.folder}/${part.output.name}`,
            },
          );
        }
        await recordFinish(redis, queue.name, part.size);
        onEvent?.({ kind: 'done', part, seconds });
      } catch (error) {
        if (error instanceof HandedBack) return handBack(job, token);
        throw error;
      } finally {
        idle.push(slot);
      }
    }
    if (part.unlocks) {
      const { attempts, backoff } = job.opts;
      const delay = typeof backoff === 'object' ? backoff.delay : backoff;
      await enqueueFollowers(queue, store, part, { attempts, backoff: delay });
    }
  }

  async function handBack(job: Job<PartJob, void, string>, token?: string): Promise<never> {
    await job.moveToWait(token);
    onEvent?.({ kind: 'handedBack', part: job.data.part });
    throw new WaitingError();
  }

  let stopping: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopping ??= (async () => {
      const endSlots = (): void => {
        for (const slot of slots) void slot.end();
      };
      const late = setTimeout(endSlots, 1000 * graceSeconds);
      await worker.close();
      clearTimeout(late);
      await Promise.all(slots.map((slot) => slot.end()));
      await queue.close();
      ends.emit('end');
    })();
    return stopping;
  }

  const ended = once(ends, 'end').then(() => {
    if (refused) throw refused;
  });
  ended.catch(() => undefined); // whoever awaits it hears of it
  if (options.untilEmpty) void stopWhenEmpty(queue, () => stopping !== undefined, stop);
  return { ended, stop };
}

/** Stops a worker once no part is waiting, running on any worker, or to be retried. */
async function stopWhenEmpty(queue: PartQueue, isStopping: () => boolean, stop: () => Promise<void>): Promise<void> {
  while (!isStopping()) {
    const left = await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized');
    if (left === 0) return stop();
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}

async function refusal({ plan: id }: PartJob, own: Versions, store: Store): Promise<FerError> {
  const theirs = await readPlan(store, id).then(
    ({ versions }) => versionDifference(own, versions),
    () => 'its plan is not in this store',
  );
  return new FerError(
    'UNSUPPORTED',
    `this worker does not have the version with which job ${id} was enqueued (${theirs}): bring both to the same version, and ` +
      'enqueue again.',
  );
}
