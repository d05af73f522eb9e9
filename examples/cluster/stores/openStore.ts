import { resolve } from 'node:path';
import { folderStore } from './folderStore.js';
import type { Store } from './store.js';

/** Opens a store by its location: the path of a folder, or `s3://bucket/prefix`. */
export async function openStore(location: string): Promise<Store> {
  if (!isS3(location)) return folderStore(location);
  const { s3Store } = await import('./s3Store.js'); // the SDK takes its time to load
  return s3Store(location);
}

/** Whether a location is in a bucket. */
export function isS3(location: string): boolean {
  return location.startsWith('s3://');
}

/** Makes a location independent of the working directory. */
export function absoluteLocation(location: string): string {
  return isS3(location) ? location : resolve(location);
}
