import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Store } from '../stores/store.js';
import { digestOf, findDone, listPlans, type Part, readPlan, type StoredPlan } from './plan.js';

/** The data in Redis for each part. */
export interface PartJob {
  /** The plan that enqueued it first. */
  readonly plan: string;
  /** Digest of the versions with which it must be computed. */
  readonly versions: string;
  readonly part: Part;
}

/** A queue of parts. */
export type PartQueue = Queue<PartJob, void, string>;

/** How to retry parts. */
export interface TryOptions {
  /** Number of attempts before a failing part is set aside. @default 3 */
  readonly attempts?: number;
  /** Delay before the second attempt, in milliseconds; it doubles with each further attempt. @default 2000 */
  readonly backoff?: number;
}

/** The result of {@link enqueue}. */
export interface Enqueued {
  /** Parts whose output already exists. */
  readonly done: number;
  /** Parts that were queued by this call. */
  readonly added: number;
  /** Parts that wait for others. */
  readonly waiting: number;
  /** Parts that were set aside before and remain so. */
  readonly setAside: number;
}

/** Opens a queue. The caller keeps ownership of the connection. */
export function openQueue(redis: Redis, name: string): PartQueue {
  const queue: PartQueue = new Queue(name, { connection: redis });
  queue.on('error', () => undefined); // the connection is made again
  return queue;
}

/** BullMQ keeps one job per id, and allows no colon in it. */
function jobId({ task, key }: Part): string {
  return `${task}-${key}`;
}

/** Number of parts per request to Redis. */
const BULK = 500;

/**
 * Queues parts. A part that is already on the queue, even if it was set aside, is not changed. Finished jobs are
 * removed from Redis, because the output in the store is the record, so that a part whose output was lost can be
 * enqueued again.
 */
async function addParts(
  queue: PartQueue,
  { id, versions }: Pick<StoredPlan, 'id' | 'versions'>,
  parts: readonly Part[],
  { attempts = 3, backoff = 2000 }: TryOptions,
): Promise<void> {
  const digest = await digestOf(versions);
  for (let start = 0; start < parts.length; start += BULK) {
    await queue.addBulk(
      parts.slice(start, start + BULK).map((part) => ({
        name: part.task,
        data: { plan: id, versions: digest, part },
        opts: {
          jobId: jobId(part),
          attempts,
          backoff: { type: 'exponential', delay: backoff },
          removeOnComplete: true,
          removeOnFail: false,
          stackTraceLimit: 1,
        },
      })),
    );
  }
}

/**
 * Queues all parts of a plan that are neither done nor waiting for another part. It may be called repeatedly, and by
 * several machines at once: every part is queued once.
 *
 * @param options - With `retry`, parts that were set aside are tried again.
 */
export async function enqueue(
  queue: PartQueue,
  store: Store,
  plan: StoredPlan,
  options: TryOptions & { readonly retry?: boolean } = {},
): Promise<Enqueued> {
  const done = await findDone(store, plan.parts);
  const missing = plan.parts.filter(({ key }) => !done.has(key));
  const ready = missing.filter(({ after }) => after === undefined || done.has(after));
  const failed = await failedParts(queue, plan);
  if (options.retry) {
    for (const job of failed.values()) {
      await job.retry('failed', { resetAttemptsMade: true }).catch(async (error) => {
        if (await job.isFailed()) throw error; // else another machine was faster
      });
    }
  }
  const fresh = ready.filter(({ key }) => !failed.has(key));
  await addParts(queue, plan, fresh, options);
  return {
    done: plan.parts.length - missing.length,
    added: fresh.length + (options.retry ? failed.size : 0),
    waiting: missing.length - ready.length,
    setAside: options.retry ? 0 : failed.size,
  };
}

/**
 * Queues the parts that waited for a given one, for all plans: a part that two plans share is computed once. Call it
 * after the part's output was written; a plan that is enqueued meanwhile finds the output.
 */
export async function enqueueFollowers(
  queue: PartQueue,
  store: Store,
  finished: Part,
  options: TryOptions = {},
): Promise<void> {
  for (const id of await listPlans(store)) {
    const plan = await readPlan(store, id);
    const followers = plan.parts.filter(({ after }) => after === finished.key);
    if (followers.length === 0) continue;
    const done = await findDone(store, followers);
    await addParts(
      queue,
      plan,
      followers.filter(({ key }) => !done.has(key)),
      options,
    );
  }
}

/** The jobs of a plan that were set aside, by the keys of their parts. */
export async function failedParts(queue: PartQueue, { parts }: StoredPlan): Promise<Map<string, Job<PartJob>>> {
  const own = new Set(parts.map(({ key }) => key));
  const failed = new Map<string, Job<PartJob>>();
  for (const job of await queue.getFailed(0, -1)) {
    const key = job?.data?.part?.key;
    if (own.has(key)) failed.set(key, job);
  }
  return failed;
}
