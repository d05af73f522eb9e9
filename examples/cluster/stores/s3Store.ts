import { type Bucket, openBucket, parseS3 } from './bucket.js';
import { checkStorePath, type Store } from './store.js';

/** A store in an S3 bucket, below a prefix: `s3://bucket/prefix`. Objects are written atomically. */
export function s3Store(location: string): Store {
  const { bucket, prefix } = parseS3(location);
  return storeBelow(openBucket(bucket), prefix);
}

function storeBelow(bucket: Bucket, prefix: string): Store {
  const key = (name: string): string => prefix + checkStorePath(name);
  return {
    location: `${bucket.location}/${prefix}`.replace(/\/$/, ''),
    async list() {
      return (await bucket.list(prefix)).map((found) => found.slice(prefix.length));
    },
    has: async (name) => bucket.has(key(name)),
    read: async (name) => bucket.read(key(name)),
    write: async (name, bytes) => bucket.write(key(name), bytes),
    remove: async (name) => bucket.remove(key(name)),
    folder: (path) => storeBelow(bucket, `${key(path)}/`),
  };
}
