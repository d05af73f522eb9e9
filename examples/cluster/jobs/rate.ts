import type { Redis } from 'ioredis';

/** How fast parts have been finished recently. */
export interface Rate {
  readonly partsPerSecond: number;
  /** Faces or pictures per second. */
  readonly itemsPerSecond: number;
  /** Time when the last part was finished, in milliseconds. */
  readonly last: number;
}

/** How many parts are remembered, and for how long, in milliseconds. */
const MOST = 1000;
const WINDOW = 15 * 60_000;

function keyOf(queue: string): string {
  return `fer:${queue}:finished`;
}

/** Records that a part with this number of items was finished now. */
export async function recordFinish(redis: Redis, queue: string, items: number): Promise<void> {
  await redis.lpush(keyOf(queue), `${Date.now()} ${items}`);
  await redis.ltrim(keyOf(queue), 0, MOST - 1);
}

/** The rate over the last quarter of an hour; `undefined` if fewer than two parts were finished. */
export async function readRate(redis: Redis, queue: string, now = Date.now()): Promise<Rate | undefined> {
  const lines = await redis.lrange(keyOf(queue), 0, -1);
  const finished = lines.map((line) => {
    const [at, items] = line.split(' ').map(Number);
    return { at, items };
  });
  return rateOf(finished, now);
}

/** Computes the rate from the times at which parts were finished, in milliseconds. */
export function rateOf(
  finished: readonly { readonly at: number; readonly items: number }[],
  now: number,
): Rate | undefined {
  const recent = finished.filter(({ at }) => at > now - WINDOW).sort((a, b) => a.at - b.at);
  if (recent.length < 2) return undefined;
  const last = recent[recent.length - 1].at;
  // The first part only marks the start of the interval.
  const seconds = Math.max(1e-3, (last - recent[0].at) / 1000);
  const items = recent.slice(1).reduce((sum, part) => sum + part.items, 0);
  return { partsPerSecond: (recent.length - 1) / seconds, itemsPerSecond: items / seconds, last };
}
