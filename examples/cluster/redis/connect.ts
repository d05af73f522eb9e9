import { FerError } from 'fer-core';
import { Redis } from 'ioredis';

/** Milliseconds that the clocks of a machine and of Redis may differ. */
const MOST_SKEW = 5000;

/**
 * Connects to Redis. Once it has answered, a connection that is lost is made again, however long that takes, and what
 * was asked meanwhile waits.
 *
 * @param url - `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS.
 * @throws FerError `IO` where nothing answers, `INVALID_ARGUMENT` for what is no such address.
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
      `no Redis answers (${why.message}): start it, or check --redis.`,
      { file: shown },
      { cause },
    );
  }
  reached = true;
  return redis;
}

/** The address without user and password, to be shown. */
function withoutPassword(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    if (protocol === 'redis:' || protocol === 'rediss:') return `${protocol}//${host}${pathname}`;
  } catch {
    // It is no URL at all.
  }
  throw new FerError('INVALID_ARGUMENT', 'the address of Redis is none: give redis://host:port.');
}

/**
 * Compares this machine's clock with that of Redis. Retries are timed by the workers' clocks, and so are the rates that
 * `status` shows.
 *
 * @param now - The clock to check, in milliseconds. @default Date.now
 * @throws FerError `UNSUPPORTED` where they differ by more than five seconds.
 */
export async function checkClock(redis: Redis, now: () => number = Date.now): Promise<void> {
  const before = now();
  const [seconds, microseconds] = await redis.time();
  const after = now();
  const theirs = Number(seconds) * 1000 + Number(microseconds) / 1000;
  // Redis read its clock at some moment between the two: only what lies outside of them counts.
  const skew = theirs < before - MOST_SKEW ? theirs - before : theirs > after + MOST_SKEW ? theirs - after : 0;
  if (skew === 0) return;
  throw new FerError(
    'UNSUPPORTED',
    `this machine's clock is ${Math.abs(skew / 1000).toFixed(1)} s ${skew < 0 ? 'ahead of' : 'behind'} that of Redis: ` +
      'set it by NTP.',
  );
}
