import type { Redis } from 'ioredis';
import type { Store } from '../stores/store.js';
import { findDone, type Part, type StoredPlan } from './plan.js';
import { failedParts, type PartQueue } from './queue.js';
import { type Rate, readRate } from './rate.js';

/** The progress of a job. */
export interface JobStatus {
  readonly plan: StoredPlan;
  /** The keys of the parts whose output exists. */
  readonly done: ReadonlySet<string>;
  /** Counts of parts. */
  readonly counts: {
    readonly total: number;
    readonly done: number;
    /** A worker is computing it. */
    readonly active: number;
    /** On the queue, including those to be retried. */
    readonly queued: number;
    /** Waiting for another part. */
    readonly waiting: number;
    readonly setAside: number;
    /** On no queue; must be enqueued again. */
    readonly lost: number;
  };
  /** Faces or pictures. */
  readonly items: { readonly total: number; readonly done: number };
  readonly setAside: readonly { readonly part: Part; readonly error: string; readonly attempts: number }[];
  /** For all jobs of the queue together. */
  readonly rate?: Rate;
  /** Estimated seconds until all parts that can be done are done. */
  readonly secondsLeft?: number;
  /** Number of connected workers. */
  readonly workers: number;
}

/**
 * Determines the status from the store and the queue. The store says which parts are done; the queue says which are
 * running.
 */
export async function readStatus(queue: PartQueue, redis: Redis, store: Store, plan: StoredPlan): Promise<JobStatus> {
  // In this order, so that a part that finishes in between is counted once, as done.
  const active = await keysOf(queue, ['active']);
  const queued = await keysOf(queue, ['waiting', 'delayed', 'prioritized']);
  const failed = await failedParts(queue, plan);
  const done = await findDone(store, plan.parts);
  const counts = { total: plan.parts.length, done: 0, active: 0, queued: 0, waiting: 0, setAside: 0, lost: 0 };
  const items = { total: 0, done: 0 };
  const setAside: JobStatus['setAside'][number][] = [];
  for (const part of plan.parts) {
    const { key, after, size } = part;
    items.total += size;
    if (done.has(key)) {
      counts.done++;
      items.done += size;
    } else if (active.has(key)) counts.active++;
    else if (queued.has(key)) counts.queued++;
    else if (failed.has(key)) {
      counts.setAside++;
      const { failedReason, attemptsMade } = failed.get(key)!;
      setAside.push({ part, error: failedReason ?? 'unknown', attempts: attemptsMade });
    } else if (after !== undefined && !done.has(after)) counts.waiting++;
    else counts.lost++;
  }
  const rate = await readRate(redis, queue.name);
  const left = counts.active + counts.queued + counts.waiting;
  const workers = await queue.getWorkersCount();
  return {
    plan,
    done,
    counts,
    items,
    setAside,
    rate,
    secondsLeft: rate && left > 0 ? left / rate.partsPerSecond : undefined,
    workers,
  };
}

type Types = Parameters<PartQueue['getJobs']>[0];

async function keysOf(queue: PartQueue, types: Types): Promise<Set<string>> {
  const jobs = await queue.getJobs(types, 0, -1);
  return new Set(jobs.flatMap((job) => job?.data?.part?.key ?? []));
}
