import { FerError } from 'fer-core';
import { Redis } from 'ioredis';

/** Maximum difference between the clocks of a machine and of Redis, in milliseconds. */
const MOST_SKEW = 5000;

/**
 * Connects to Redis. After the first answer, a lost connection is re-established, however long that takes; commands
 * wait meanwhile.
 *
 * @param url - `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS.
 * @throws FerError `IO` if nothing answers, `INVALID_ARGUMENT` if the address is not of this form.
 */
export async function connectRedis(url: string): Promise<Redis> {
  const shown = withoutPassword(url);
  let reached = false;
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (reached ? Math.min(100 * attempt, 2000) : null),
  });
  let reason: Error | undefined;
  redis.on('error', (error) => {
    reason = error; // an error without a listener would end the program
  });
  try {
    await redis.connect();
  } catch (cause) {
    redis.disconnect();
    const why = reason ?? (cause as Error);
    throw new FerError(
      'IO',
      `Redis doesn't answer (${why.message}): start it, or check --redis.`,
      { file: shown },
      { cause },
    );
  }
  reached = true;
  return redis;
}

/** The address without user and password, for display. */
function withoutPassword(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    if (protocol === 'redis:' || protocol === 'rediss:') return `${protocol}//${host}${pathname}`;
  } catch {
    // Not a URL.
  }
  throw new FerError('INVALID_ARGUMENT', 'the address of Redis is not valid: give redis://host:port.');
}

/**
 * Compares this machine's clock with that of Redis. Retries, and the rates that `status` shows, depend on the workers'
 * clocks.
 *
 * @param now - The clock to check, in milliseconds. @default Date.now
 * @throws FerError `UNSUPPORTED` if they differ by more than five seconds.
 */
export async function checkClock(redis: Redis, now: () => number = Date.now): Promise<void> {
  const before = now();
  const [seconds, microseconds] = await redis.time();
  const after = now();
  const theirs = Number(seconds) * 1000 + Number(microseconds) / 1000;
  // Redis read its clock at some time between the two, so only a difference beyond that interval counts.
  const skew = theirs < before - MOST_SKEW ? theirs - before : theirs > after + MOST_SKEW ? theirs - after : 0;
  if (skew === 0) return;
  throw new FerError(
    'UNSUPPORTED',
    `this machine's clock is ${Math.abs(skew / 1000).toFixed(1)} s ${skew < 0 ? 'ahead of' : 'behind'} that of Redis: ` +
      'set it by NTP.',
  );
}
