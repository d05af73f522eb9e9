import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { connectRedis } from '../redis/connect.js';
import { embeddedRedis, leaveRedis } from '../redis/embedded.js';
import { absoluteLocation, isS3, openStore } from '../stores/openStore.js';
import type { Store } from '../stores/store.js';

/** The connections that every command uses. */
export interface Session {
  readonly store: Store;
  /** The store's location, independent of the working directory. */
  readonly location: string;
  readonly redis: Redis;
}

/** Opens the store and connects to Redis, runs a function, and closes both. */
export async function withSession<T>(
  { store: given, redis: url }: { readonly store: string; readonly redis?: string },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const location = absoluteLocation(given);
  const store = await openStore(location);
  const embedded = url === undefined;
  // The append-only file must be on a local disk.
  const folder = isS3(location) ? join('out', 'cluster', 'redis') : join(location, 'redis');
  const redis = embedded ? await embeddedRedis(folder) : await connectRedis(url);
  try {
    return await work({ store, location, redis });
  } finally {
    if (embedded) await leaveRedis(redis);
    else await redis.quit();
  }
}
